package org.llmsurgeon.pipeline.prune;

import java.util.List;
import java.util.function.Supplier;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.correct.CorrectionStage;
import org.llmsurgeon.pipeline.correct.ReconstructionStage;
import org.llmsurgeon.pipeline.correct.RecoveryStage;
import org.llmsurgeon.pipeline.correct.TrustStage;
import org.llmsurgeon.pipeline.cut.CommitCheck;
import org.llmsurgeon.pipeline.cut.CutStage;
import org.llmsurgeon.pipeline.cut.HalvesStage;
import org.llmsurgeon.pipeline.cut.ScoreStage;
import org.llmsurgeon.pipeline.factors.ExpertCount;
import org.llmsurgeon.pipeline.factors.FactorStage;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.shot.ShotChoice;
import org.llmsurgeon.surgery.shot.ShotEngine;
import org.llmsurgeon.surgery.shot.ShotLife;

/**
 * A shot on Spark: does the steps of {@link ShotLife} by stages. Every step keeps what it made in
 * the run directory and takes it from there where it is done already, so a run that stopped goes on
 * where it was.
 *
 * <ol>
 *   <li>{@link FactorStage} accumulates and reduces; {@link ExpertCount} and {@link HalvesStage}
 *       say what that tells of the data.
 *   <li>{@link ScoreStage} scores and chooses; {@link TrustStage}, where it is asked for, does so
 *       and cuts and measures, until predictions hold.
 *   <li>{@link CutStage} cuts.
 *   <li>{@link ReconstructionStage}, {@link CorrectionStage} and {@link RecoveryStage} follow.
 *   <li>Commit: the manifest of the shot, which all later steps read weights by.
 * </ol>
 */
final class ShotRun implements ShotEngine<ShotManifest> {
  private final ShotContext shot;
  private final RunDirectory run;

  /**
   * A shot.
   *
   * @param shot the shot; the one before it is committed
   */
  ShotRun(ShotContext shot) {
    this.shot = shot;
    this.run = shot.run();
  }

  /** Does the shot and commits it. */
  ShotManifest commit() {
    return once(ShotStage.COMMIT, () -> new ShotLife<>(shot.recipe(), this).run());
  }

  @Override
  public Measured<ShotManifest> measure() {
    FactorsManifest factors = new FactorStage(shot).factors();
    new ExpertCount(shot).keep(factors);
    if (shot.recipe().calibration().checked() && shot.shot() == 1) {
      new HalvesStage(shot).check();
    }
    return () -> choose(factors);
  }

  private Chosen<ShotManifest> choose(FactorsManifest factors) {
    boolean trusts = shot.recipe().selection().trusted();
    ShotContext bounded = trusts ? new TrustStage(shot).trusted() : shot;
    ShotChoice selection = new ScoreStage(bounded).selection();
    return () -> {
      Timed<List<LayerFile>> cut = new CutStage(bounded).cut(selection);
      ShotManifest manifest = manifest(factors, selection, cut);
      new CommitCheck(run, shot.config(), shot.recipe()).check(manifest, selection);
      return manifest;
    };
  }

  @Override
  public boolean isLast(ShotManifest cut) {
    return shot.plan().isLast(shot.shot(), cut.removal().target());
  }

  @Override
  public ShotManifest reconstruct(After<ShotManifest> cut) {
    return new ReconstructionStage(shot).reconstruct(cut.state());
  }

  @Override
  public ShotManifest correct(After<ShotManifest> before) {
    return new CorrectionStage(shot, stage(before.by())).correct(before.state());
  }

  @Override
  public ShotManifest recover(After<ShotManifest> before) {
    return new RecoveryStage(shot, stage(before.by())).recover(before.state());
  }

  @Override
  public ShotManifest once(Step step, Supplier<ShotManifest> work) {
    return once(stage(step), work);
  }

  private static ShotStage stage(Step step) {
    return ShotStage.valueOf(step.name());
  }

  private ShotManifest manifest(
      FactorsManifest factors, ShotChoice selection, Timed<List<LayerFile>> cut) {
    StageSeconds seconds =
        new StageSeconds(
            shot.shot() == 1 ? shot.plan().tokeniseSeconds() : 0,
            factors.accumulateSeconds(),
            factors.reduceSeconds(),
            selection.scoreSeconds(),
            cut.seconds(),
            0);
    List<LayerReport> cuts = cut.value().stream().map(LayerFile::cut).toList();
    return new ShotManifest(
        shot.shot(),
        selection.removal().after(shot.recipe().structures(), cuts),
        cut.value(),
        seconds,
        AfterCut.NOTHING);
  }

  private ShotManifest once(ShotStage stage, Supplier<ShotManifest> step) {
    String path = stage.record(shot.shot());
    return run.finished(path, ShotManifest.class)
        .orElseGet(
            () -> {
              ShotManifest made = step.get();
              run.commit(path, made);
              return made;
            });
  }
}
