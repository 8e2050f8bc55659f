package org.llmsurgeon.pipeline.prune;

import java.util.List;
import java.util.function.Supplier;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.correct.CorrectionStage;
import org.llmsurgeon.pipeline.correct.ReconstructionStage;
import org.llmsurgeon.pipeline.cut.CommitCheck;
import org.llmsurgeon.pipeline.cut.CutStage;
import org.llmsurgeon.pipeline.cut.ScoreStage;
import org.llmsurgeon.pipeline.factors.FactorStage;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.SelectionManifest;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pruning.structure.SparseStructures;
import org.llmsurgeon.surgery.recipe.CorrectionRule;

/**
 * One shot from its factors to its commit. Each step that is done already is taken from the run
 * directory, so a run that stopped goes on where it was.
 */
public final class ShotRunner {
  private final ShotContext shot;

  /**
   * A shot.
   *
   * @param shot the shot
   */
  public ShotRunner(ShotContext shot) {
    this.shot = shot;
  }

  /** Does the shot and commits it. */
  public void run() {
    CorrectionRule rule = shot.recipe().correction();
    ShotManifest manifest = rule.isWanted() || rule.reconstruct() ? more(rule) : cut();
    shot.run().commit(RunDirectory.manifest(shot.shot()), manifest);
  }

  /** What follows a cut; each step but the last is committed on its own and not done again. */
  private ShotManifest more(CorrectionRule rule) {
    String before = RunDirectory.cut(shot.shot());
    ShotManifest manifest = once(before, this::cut);
    if (rule.reconstruct() && shot.plan().isLast(shot.shot(), manifest.target())) {
      ShotManifest cut = manifest;
      before = RunDirectory.reconstructed(shot.shot());
      manifest = once(before, () -> new ReconstructionStage(shot).reconstruct(cut));
    }
    return rule.isWanted() ? new CorrectionStage(shot, before).correct(manifest) : manifest;
  }

  private ShotManifest once(String path, Supplier<ShotManifest> step) {
    return shot.run()
        .finished(path, ShotManifest.class)
        .orElseGet(
            () -> {
              ShotManifest made = step.get();
              shot.run().commit(path, made);
              return made;
            });
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
            null,
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
