package org.llmsurgeon.pipeline.correct;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.cut.CutStage;
import org.llmsurgeon.pipeline.cut.ScoreStage;
import org.llmsurgeon.pipeline.evaluate.EvaluateTask;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pipeline.run.TrustRecord;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.shot.ShotLosses;
import org.llmsurgeon.surgery.choose.Competition;
import org.llmsurgeon.surgery.choose.TrustRegion;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.shot.ShotChoice;

/**
 * Keeps a shot within what its predictions hold for, see {@link TrustRegion}: it is cut, the parts
 * that moved most are measured alone, and where one costs too much the shot is cut again with that
 * part held back; of all tries the one with the least loss on the calibration data stays. Each try
 * is kept, so a run that stopped goes on after the last.
 */
public final class TrustStage {
  private static final String STAGE = "trust";
  private static final String DECIDED = "decided.json";

  private final ShotContext shot;
  private final RunDirectory run;
  private final WindowsFile windows;
  private final List<TrustRegion.Part> parts;

  /**
   * The stage of a shot whose factors are there.
   *
   * @param shot the shot
   */
  public TrustStage(ShotContext shot) {
    this.shot = shot;
    this.run = shot.run();
    this.windows = shot.plan().calibration(shot.shot());
    this.parts = TrustRegion.parts(shot.config(), shot.recipe());
  }

  /** The shot under the limits that it keeps to; what it chose and cut is there, or to be done. */
  public ShotContext trusted() {
    TrustRecord best = null;
    Map<String, Double> limits = Map.of();
    boolean last = false;
    for (int round = 1; !last; round++) {
      Map<String, Double> under = limits;
      int number = round;
      TrustRecord tried =
          run.finished(TrustRecord.path(shot.shot(), round), TrustRecord.class)
              .orElseGet(() -> tried(number, under));
      if (best != null && tried.growth() >= best.growth()) {
        return backTo(best);
      }
      best = tried;
      limits = tried.next();
      last = limits.isEmpty() || round == TrustRegion.MOST_ROUNDS || !reachable(limits);
    }
    return within(best.limits());
  }

  private ShotContext within(Map<String, Double> limits) {
    return shot.with(shot.recipe().within(limits));
  }

  /** An earlier try was better: what the last one left is done again as it was in that one. */
  private ShotContext backTo(TrustRecord best) {
    String decided = TrustRecord.folder(shot.shot()) + DECIDED;
    if (run.finished(decided, TrustRecord.class).isEmpty()) {
      forgetCut();
      run.commit(decided, best);
    }
    return within(best.limits());
  }

  private void forgetCut() {
    run.delete(ShotStage.SCORE.record(shot.shot()));
    run.delete(ShotStage.CUT.folder(shot.shot()));
  }

  /** Whether enough may go under some limits. */
  private boolean reachable(Map<String, Double> limits) {
    try {
      Competition.of(shot.config(), within(limits).recipe()).requireReachable(shot.plan().share());
      return true;
    } catch (InputException tooLittle) {
      return false;
    }
  }

  private TrustRecord tried(int round, Map<String, Double> limits) {
    forgetCut();
    ShotContext bounded = within(limits);
    ShotChoice selection = new ScoreStage(bounded).selection();
    List<LayerFile> cut = new CutStage(bounded).cut(selection).value();
    List<TrustRegion.Step> furthest = TrustRegion.furthest(steps(cut));
    TrustRecord tried =
        Timed.onDriver(
                shot.session().progress(),
                shot.stage(STAGE),
                2 + furthest.size(),
                () -> measured(limits, selection, cut, furthest))
            .value();
    run.commit(TrustRecord.path(shot.shot(), round), tried);
    return tried;
  }

  private List<TrustRegion.Step> steps(List<LayerFile> cut) {
    ShotLosses losses = new ShotLosses(run, shot.plan(), shot.config().objective());
    List<TrustRegion.Step> steps = new ArrayList<>();
    for (TrustRegion.Part part : parts) {
      long weights = 0;
      long of = 0;
      double cost = 0;
      for (int layer : part.layers()) {
        LayerReport each = cut.get(layer).cut();
        weights += each.weights().removed() - each.weights().before();
        of += each.weights().total();
        cost += each.quadraticCost();
      }
      steps.add(new TrustRegion.Step(part, weights, of, losses.nats(cost)));
    }
    return steps;
  }

  private TrustRecord measured(
      Map<String, Double> limits,
      ShotChoice selection,
      List<LayerFile> cut,
      List<TrustRegion.Step> furthest) {
    double before = loss(shot.model());
    double growth = loss(laid(selection, cut)) - before;
    List<TrustRecord.Part> measured = new ArrayList<>();
    Map<String, Double> next = new TreeMap<>(limits);
    for (TrustRegion.Step step : furthest) {
      double alone = loss(laid(selection, only(step.part(), cut))) - before;
      boolean held = !TrustRegion.holds(step.predicted(), alone, growth);
      measured.add(
          new TrustRecord.Part(
              step.part().name(),
              (double) step.weights() / step.of(),
              step.predicted(),
              alone,
              held));
      if (held) {
        step.part().layers().forEach(layer -> next.put(name(layer), halved(cut.get(layer))));
      }
    }
    run.delete(laidPath());
    boolean all = measured.stream().noneMatch(TrustRecord.Part::held);
    return new TrustRecord(limits, growth, measured, all ? Map.of() : next);
  }

  private String name(int layer) {
    return shot.config().linears().get(layer).name();
  }

  private static double halved(LayerFile file) {
    LayerReport.Weights weights = file.cut().weights();
    return TrustRegion.halved(weights.before(), weights.removed(), weights.total());
  }

  /** The layers of a part as cut, all others as before the shot; where there is none, the dense. */
  private List<LayerFile> only(TrustRegion.Part part, List<LayerFile> cut) {
    List<LayerFile> files = new ArrayList<>();
    if (shot.shot() > 1) {
      files.addAll(
          run.required(RunDirectory.manifest(shot.shot() - 1), ShotManifest.class).layers());
      part.layers().forEach(layer -> files.set(layer, cut.get(layer)));
    } else {
      part.layers().forEach(layer -> files.add(cut.get(layer)));
    }
    return files;
  }

  private String laidPath() {
    return TrustRecord.folder(shot.shot()) + "laid/";
  }

  /**
   * A model in which some layers are replaced; each under a name of its own, as models are kept.
   */
  private ModelRef laid(ShotChoice selection, List<LayerFile> layers) {
    String path = laidPath() + String.format(Locale.ROOT, "%s.json", UUID.randomUUID());
    run.commit(
        path,
        new ShotManifest(
            shot.shot(),
            selection.removal(),
            layers,
            new StageSeconds(0, 0, 0, 0, 0, 0),
            AfterCut.NOTHING));
    return shot.session().model(shot.plan().identity().inputs().model().path(), run, path);
  }

  private double loss(ModelRef model) {
    int most = Math.max(1, TrustRegion.TOKENS / windows.context());
    List<EvaluateTask.Range> ranges =
        Evaluator.ranges(Math.min(most, windows.windows()), windows.context());
    List<double[][]> losses =
        shot.session()
            .tasks()
            .quiet()
            .run(
                shot.stage(STAGE),
                ranges,
                new EvaluateTask(model, run.path(), windows, shot.session().settings()))
            .value();
    shot.session().progress().taskFinished();
    return losses.stream()
        .flatMap(Arrays::stream)
        .mapToDouble(each -> each[0])
        .average()
        .orElseThrow();
  }
}
