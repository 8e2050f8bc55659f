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
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.factors.ExpertCount;
import org.llmsurgeon.pipeline.factors.FactorStage;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.Removal;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.SelectionManifest;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.RecoveryRule;

/**
 * The life of one shot, between the plan and the publishing of the result: accumulate, reduce,
 * score, threshold, cut, correct, commit, evaluate. Every step keeps what it made in the run
 * directory and takes it from there where it is done already, so a run that stopped goes on where
 * it was.
 *
 * <ol>
 *   <li>{@link FactorStage}: accumulate the curvature's sums over shards of the calibration
 *       windows, on the weights of the last shot, and reduce them to one mean for each factor.
 *   <li>{@link ScoreStage}: score what may go of every layer by these factors, and find the
 *       threshold, one over all layers, under which the shot's share goes.
 *   <li>{@link TrustStage}, where it is asked for: do both and measure, until predictions hold.
 *   <li>{@link CutStage}: cut each layer, and change what stays so that it makes up for what goes.
 *   <li>{@link ReconstructionStage}, {@link CorrectionStage} and {@link RecoveryStage}, where they
 *       are asked for: refit layers to the dense model's outputs, train adapters and merge them,
 *       train all that is left.
 *   <li>Commit: the manifest of the shot, which all later steps read weights by.
 *   <li>{@link Evaluator}: perplexity of the test text.
 * </ol>
 */
public final class ShotRun {
  private final ShotContext shot;
  private final RunDirectory run;
  private final CorrectionRule rule;
  private final RecoveryRule recovery;

  /**
   * A shot.
   *
   * @param shot the shot; the one before it is committed
   */
  public ShotRun(ShotContext shot) {
    this.shot = shot;
    this.run = shot.run();
    this.rule = shot.recipe().correction();
    this.recovery = shot.recipe().recovery();
  }

  /** Does the shot and commits it. */
  public ShotManifest commit() {
    return once(RunDirectory.manifest(shot.shot()), this::corrected);
  }

  /**
   * Measures the weights that are committed.
   *
   * @param evaluator of the run
   */
  Evaluation evaluate(Evaluator evaluator) {
    return evaluator.afterShot(shot.stage("evaluate"), shot.after(), shot.shot());
  }

  /** Cut, and what follows a cut; only then is the cut kept on its own. */
  private ShotManifest corrected() {
    if (!rule.isWanted() && !rule.reconstruct() && !recovery.isWanted()) {
      return cut();
    }
    String before = RunDirectory.cut(shot.shot());
    ShotManifest cut = once(before, this::cut);
    boolean last = shot.plan().isLast(shot.shot(), cut.removal().target());
    ShotManifest made = cut;
    String place = Evaluation.ofCut(shot.shot());
    if (rule.reconstruct() && last) {
      before = RunDirectory.reconstructed(shot.shot());
      made = once(before, () -> new ReconstructionStage(shot).reconstruct(cut));
      place = Evaluation.ofReconstructed(shot.shot());
    }
    if (!recovery.isWanted() || !last) {
      return rule.isWanted() ? new CorrectionStage(shot, before).correct(made) : made;
    }
    return recovered(before, made, place);
  }

  private ShotManifest recovered(String path, ShotManifest manifest, String place) {
    if (!rule.isWanted()) {
      return new RecoveryStage(shot, path).recover(manifest, place);
    }
    String before = RunDirectory.corrected(shot.shot());
    ShotManifest made = once(before, () -> new CorrectionStage(shot, path).correct(manifest));
    return new RecoveryStage(shot, before).recover(made, Evaluation.ofCorrected(shot.shot()));
  }

  private ShotManifest cut() {
    FactorsManifest factors = new FactorStage(shot).factors();
    new ExpertCount(shot).keep(factors);
    if (shot.recipe().calibration().checked() && shot.shot() == 1) {
      new HalvesStage(shot).check();
    }
    boolean trusts = shot.recipe().selection().trusted();
    ShotContext bounded = trusts ? new TrustStage(shot).trusted() : shot;
    SelectionManifest selection = new ScoreStage(bounded).selection();
    Timed<List<LayerFile>> cut = new CutStage(bounded).cut(selection);
    ShotManifest manifest = manifest(factors, selection, cut);
    new CommitCheck(run, shot.config(), shot.recipe()).check(manifest, selection);
    return manifest;
  }

  private ShotManifest manifest(
      FactorsManifest factors, SelectionManifest selection, Timed<List<LayerFile>> cut) {
    StageSeconds seconds =
        new StageSeconds(
            shot.shot() == 1 ? shot.plan().tokeniseSeconds() : 0,
            factors.accumulateSeconds(),
            factors.reduceSeconds(),
            selection.scoreSeconds(),
            cut.seconds(),
            0);
    Removal chosen = selection.removal();
    return new ShotManifest(
        shot.shot(),
        new Removal(
            chosen.target(), chosen.threshold(), removed(selection, cut.value()), chosen.total()),
        cut.value(),
        seconds,
        AfterCut.NOTHING);
  }

  /** Weights that are gone. Groups of N:M need not fill what may go: only the cuts know. */
  private long removed(SelectionManifest selection, List<LayerFile> cut) {
    return shot.recipe().structures().sparse()
        ? cut.stream().mapToLong(file -> file.cut().weights().removed()).sum()
        : selection.removal().removed();
  }

  private ShotManifest once(String path, Supplier<ShotManifest> step) {
    return run.finished(path, ShotManifest.class)
        .orElseGet(
            () -> {
              ShotManifest made = step.get();
              run.commit(path, made);
              return made;
            });
  }
}
