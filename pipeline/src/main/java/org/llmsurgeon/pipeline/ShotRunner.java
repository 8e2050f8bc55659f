package org.llmsurgeon.pipeline;

import java.util.List;
import org.llmsurgeon.pruning.SparseStructures;

/**
 * One shot from its factors to its commit. Each step that is done already is taken from the run
 * directory, so a run that stopped goes on where it was.
 */
final class ShotRunner {
  private final ShotContext shot;

  /**
   * A shot.
   *
   * @param shot the shot
   */
  ShotRunner(ShotContext shot) {
    this.shot = shot;
  }

  /** Does the shot and commits it. */
  void run() {
    ShotManifest manifest = shot.recipe().correction().isWanted() ? corrected() : cut();
    shot.run().commit(RunDirectory.manifest(shot.shot()), manifest);
  }

  /** Corrects a cut that is committed on its own, so that it is not done again after a stop. */
  private ShotManifest corrected() {
    String path = RunDirectory.cut(shot.shot());
    ShotManifest cut =
        shot.run()
            .finished(path, ShotManifest.class)
            .orElseGet(
                () -> {
                  ShotManifest made = cut();
                  shot.run().commit(path, made);
                  return made;
                });
    return new CorrectionStage(shot).correct(cut);
  }

  private ShotManifest cut() {
    FactorsManifest factors = new FactorStage(shot).factors();
    SelectionManifest selection = new ScoreStage(shot).selection();
    Timed<List<LayerFile>> cut = new CutStage(shot).cut(selection);
    StageSeconds seconds =
        new StageSeconds(
            shot.shot() == 1 ? shot.plan().tokeniseSeconds() : 0,
            factors.accumulateSeconds(),
            factors.reduceSeconds(),
            selection.scoreSeconds(),
            cut.seconds(),
            0);
    ShotManifest manifest =
        new ShotManifest(
            shot.shot(),
            selection.target(),
            selection.threshold(),
            removed(selection, cut.value()),
            selection.total(),
            cut.value(),
            seconds,
            null);
    new CommitCheck(shot.run(), shot.config()).check(manifest, selection);
    return manifest;
  }

  /**
   * Weights that are gone. Of N:M groups that stay some weights may be 0 from the start: only the
   * cuts know.
   */
  private long removed(SelectionManifest selection, List<LayerFile> cut) {
    return shot.recipe().structures() instanceof SparseStructures
        ? cut.stream().mapToLong(file -> file.cut().removed()).sum()
        : selection.removed();
  }
}
