package org.llmsurgeon.surgery.local;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.threshold.ThresholdResult;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.calibrate.FisherTargets;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.choose.AlreadyGone;
import org.llmsurgeon.surgery.choose.ChosenUnits;
import org.llmsurgeon.surgery.choose.ElementChoice;
import org.llmsurgeon.surgery.choose.GlobalRounds;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.GroupTask;
import org.llmsurgeon.surgery.choose.LineChoice;
import org.llmsurgeon.surgery.choose.Reachability;
import org.llmsurgeon.surgery.choose.RoundScore;
import org.llmsurgeon.surgery.choose.UnitMerge;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.choose.WidthCheck;
import org.llmsurgeon.surgery.correct.AdapterTraining;
import org.llmsurgeon.surgery.correct.CorrectionPlan;
import org.llmsurgeon.surgery.correct.Reconstruction;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.operate.ElementTask;
import org.llmsurgeon.surgery.operate.InputBasis;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.ObjectiveCheck;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;
import org.llmsurgeon.surgery.recover.Recovery;

/**
 * The whole loop in one process and in memory: the engine for embedding, and what the Spark
 * pipeline must equal bit for bit. Memory: the model, the factors, and in a pass the packed ones of
 * every shard.
 */
public final class LocalSurgeon implements WeightSource, AutoCloseable {
  private final Device device;
  private final ModelConfig config;
  private final WeightSource dense;
  private final Recipe recipe;
  private final double share;
  private final Map<String, LayerWeight> changed = new HashMap<>();
  private final LocalFactors factors;
  private int shot;

  /**
   * @param device where to compute
   * @param config the model
   * @param dense its weights before the first shot
   * @param recipe what to do; a target in bytes takes every number as one of four bytes, as they
   *     are in memory
   * @throws IllegalArgumentException if the shots are adaptive: that is for runs that are kept
   */
  public LocalSurgeon(Device device, ModelConfig config, WeightSource dense, Recipe recipe) {
    recipe.requirePrunable();
    this.device = device;
    this.config = recipe.objective().of(config);
    ObjectiveCheck.require(recipe, this.config);
    this.dense = dense;
    this.recipe = recipe;
    this.factors = new LocalFactors(device);
    this.share = new TargetShare(config, name -> Float.BYTES).of(recipe);
    new Reachability(config, recipe).require(share);
    AlreadyGone gone = new AlreadyGone(config, recipe);
    gone.requireLess(
        share, config.linears().stream().map(layer -> gone.of(device, dense, layer)).toList());
    if (recipe.pace().adaptive()) {
      throw new IllegalArgumentException("adaptive shots");
    }
  }

  /**
   * What a shot did.
   *
   * @param shot from 1
   * @param target share of the weights that was to be gone
   * @param choice what was selected
   * @param layers one report for each layer, in the order of the choice
   * @param reconstruction how layers were refitted after the last cut, or null
   * @param correction what adapters were trained after that, or null
   * @param recovery how all weights were trained after the last shot, or null
   */
  public record Shot(
      int shot,
      double target,
      Choice choice,
      List<LayerReport> layers,
      Reconstruction.Result reconstruction,
      AdapterTraining.Result correction,
      Recovery.Result recovery) {}

  /**
   * What goes of every layer.
   *
   * @param layers the layers
   * @param selections rows and columns that go of each; empty for single weights and N:M
   * @param threshold the highest cost, or cost per weight, among what goes
   * @param predicted what goes adds to the loss by the quadratic model; NaN where that was not
   *     computed
   * @param removed weights that are gone, exactly
   * @param total weights of all layers
   */
  public record Choice(
      List<LinearShape> layers,
      List<Selection> selections,
      double threshold,
      double predicted,
      long removed,
      long total) {}

  /**
   * The next shot: calibrate, score, choose, cut, and correct where the recipe says so.
   *
   * @param windows all calibration windows, {@code [windows, context]}
   */
  public Shot shoot(int[][] windows) {
    Shot cut = cut(windows);
    CorrectionRule rule = recipe.correction();
    boolean last = shot == recipe.shots();
    Reconstruction.Result refit = last && rule.reconstruct() ? reconstruct(windows) : null;
    AdapterTraining.Result trained = null;
    if (rule.isWanted()) {
      CorrectionPlan plan = CorrectionPlan.of(recipe, shot, last, windows.length);
      LocalCorrection.Corrected corrected =
          new LocalCorrection(device, config, dense, recipe).correct(this, windows, plan);
      corrected.weights().forEach(this::replace);
      trained = corrected.result();
    }
    Recovery.Result recovered = null;
    if (last && recipe.recovery().isWanted()) {
      LocalRecovery.Recovered done =
          new LocalRecovery(device, config, dense, recipe).recover(this, windows);
      done.weights().forEach(this::replace);
      recovered = done.result();
    }
    return new Shot(shot, cut.target(), cut.choice(), cut.layers(), refit, trained, recovered);
  }

  private Reconstruction.Result reconstruct(int[][] windows) {
    try (LocalReconstruction work =
        new LocalReconstruction(device, config, dense, recipe, windows)) {
      Reconstruction.Outcome<LayeredWeights> outcome =
          Reconstruction.run(new LayeredWeights(this, Map.of()), config, recipe.layers(), work);
      outcome.state().layers().forEach(this::replace);
      return outcome.result();
    }
  }

  private Shot cut(int[][] windows) {
    shot++;
    gather(windows);
    try {
      double target = recipe.target(shot, share);
      if (recipe.structures().sparse()) {
        return shootElements(factors, target);
      }
      Choice choice =
          recipe.structures().coupled()
              ? chooseUnits(factors, target)
              : chooseLines(factors, target);
      List<LayerReport> reports = new ArrayList<>();
      Map<String, LayerWeight> next = new HashMap<>();
      for (int i = 0; i < choice.layers().size(); i++) {
        CutLayer cut = task(choice.layers().get(i), factors).cut(choice.selections().get(i));
        next.put(cut.report().layer(), cut.weight());
        reports.add(cut.report());
      }
      next.forEach(this::replace);
      return new Shot(shot, target, choice, reports, null, null, null);
    } finally {
      if (!recipe.curvature().kind().powerIteration()) {
        factors.close();
      }
    }
  }

  private Shot shootElements(FactorSource factors, double target) {
    List<LinearShape> layers = config.linears();
    List<ElementTask> tasks =
        layers.stream()
            .map(layer -> new ElementTask(device, layer, this, factors, recipe))
            .toList();
    double from = shot == 1 ? 0 : recipe.target(shot - 1, share);
    ElementChoice.Result chosen =
        new ElementChoice(layers, recipe)
            .upTo(from, target, (earlier, ranges) -> count(tasks, earlier, ranges));
    List<LayerReport> reports = new ArrayList<>();
    Map<String, LayerWeight> next = new HashMap<>();
    for (int i = 0; i < tasks.size(); i++) {
      CutLayer cut = tasks.get(i).cut(chosen.cuts().get(i));
      next.put(cut.report().layer(), cut.weight());
      reports.add(cut.report());
    }
    next.forEach(this::replace);
    long removed = reports.stream().mapToLong(each -> each.weights().removed()).sum();
    Choice choice =
        new Choice(layers, List.of(), chosen.threshold(), Double.NaN, removed, chosen.total());
    return new Shot(shot, target, choice, reports, null, null, null);
  }

  private static List<CostHistogram> count(
      List<ElementTask> tasks, List<List<CostCut>> earlier, List<CostRange> ranges) {
    List<CostHistogram> counted = new ArrayList<>();
    for (int i = 0; i < tasks.size(); i++) {
      CostRange range = ranges.get(i);
      counted.add(range == null ? null : tasks.get(i).histogram(earlier.get(i), range));
    }
    return counted;
  }

  private Choice chooseLines(FactorSource factors, double target) {
    List<StructureCosts> costs = new ArrayList<>();
    for (LinearShape layer : config.linears()) {
      costs.add(task(layer, factors).score().costs());
    }
    ThresholdResult result = new LineChoice(config.linears(), recipe).upTo(target, costs);
    return new Choice(
        config.linears(),
        result.selections(),
        result.threshold(),
        Double.NaN,
        result.removed(),
        result.total());
  }

  private Choice chooseUnits(FactorSource factors, double until) {
    PathMerge.Target target = UnitMerge.target(recipe, until, share);
    List<UnitPlan.Planned> planned = UnitPlan.of(config, recipe).groups();
    PathMerge.Result result =
        recipe.selection().kind() == SelectionKind.PATHS
            ? byPaths(planned, factors, target)
            : new GlobalRounds(planned, recipe)
                .choose(target, chosen -> round(planned, factors, chosen));
    return new Choice(
        planned.stream().flatMap(each -> each.shapes().stream()).toList(),
        result.selections().stream().flatMap(List::stream).toList(),
        result.gone().threshold(),
        result.gone().predicted(),
        result.gone().removed(),
        result.gone().total());
  }

  private PathMerge.Result byPaths(
      List<UnitPlan.Planned> planned, FactorSource factors, PathMerge.Target target) {
    List<PathMerge.Group> groups = new ArrayList<>();
    for (UnitPlan.Planned each : planned) {
      GroupScore score =
          new GroupTask(device, each, this, factors, recipe)
              .path(new PathOptions(recipe.selection().pathStep(), 1, Double.POSITIVE_INFINITY));
      groups.add(score.of(each.group()));
    }
    PathMerge.Result result =
        new UnitMerge(planned, recipe.layers()).select(groups, target, recipe.selection().widths());
    if (shot == recipe.shots()) {
      WidthCheck.requireMet(planned, result);
    }
    return result;
  }

  private List<RoundScore> round(
      List<UnitPlan.Planned> planned, FactorSource factors, List<ChosenUnits> chosen) {
    return chosen.stream()
        .map(
            each ->
                new GroupTask(device, planned.get(each.group()), this, factors, recipe).round(each))
        .toList();
  }

  /**
   * Losses of windows under the weights as they are now.
   *
   * @param windows tokens, {@code [windows, context]}
   * @return mean cross-entropy of each, nats
   */
  public double[] losses(int[][] windows) {
    try (LanguageModel model = LanguageModel.load(config, this, device)) {
      return model.losses(windows);
    }
  }

  /** Measures the curvature; a power iteration goes on from that of the last shot. */
  private void gather(int[][] windows) {
    List<FactorPass> passes = FactorPlan.passes(recipe.curvature(), shot);
    if (passes.isEmpty()) {
      return;
    }
    List<Shard> parts = Shard.plan(windows.length, recipe.shards());
    List<int[][][]> ofDense = drawOfDense(windows, parts);
    List<Calibration.Data> data = new ArrayList<>();
    for (Shard shard : parts) {
      data.add(
          new Calibration.Data(
              Arrays.copyOfRange(windows, shard.from(), shard.to()),
              FisherTargets.of(recipe, config.objective(), shard, ofDense.get(shard.index()))));
    }
    try (LanguageModel model = LanguageModel.load(config, this, device)) {
      for (FactorPass pass : passes) {
        if (pass.gathers() == FactorPass.Gathers.EIGENVALUES) {
          try (InputBasis inputs = new InputBasis()) {
            config.linears().forEach(layer -> factors.put(task(layer, factors).basis(inputs)));
          }
        }
        factors.gather(model, pass, data);
      }
    }
  }

  /** Targets of each shard; null where the Fisher does not need the dense model's. */
  private List<int[][][]> drawOfDense(int[][] windows, List<Shard> shards) {
    List<int[][][]> drawn = new ArrayList<>();
    if (recipe.curvature().fisher().kind() != FisherKind.KL) {
      shards.forEach(shard -> drawn.add(null));
      return drawn;
    }
    try (LanguageModel model = LanguageModel.load(config, dense, device)) {
      for (Shard shard : shards) {
        int[][] part = Arrays.copyOfRange(windows, shard.from(), shard.to());
        drawn.add(FisherTargets.drawOfDense(model, part, recipe, shard));
      }
    }
    return drawn;
  }

  private LayerTask task(LinearShape layer, FactorSource factors) {
    return new LayerTask(device, layer, this, factors, recipe).among(config.linears());
  }

  private void replace(String layer, LayerWeight weight) {
    LayerWeight before = changed.put(layer, weight);
    if (before != null) {
      before.close();
    }
  }

  @Override
  public boolean contains(String name) {
    return dense.contains(name);
  }

  @Override
  public int[] shape(String name) {
    return dense.shape(name);
  }

  @Override
  public Tensor load(String name, Device target) {
    return new LayeredWeights(dense, changed).load(name, target);
  }

  @Override
  public void close() {
    changed.values().forEach(LayerWeight::close);
    changed.clear();
    factors.close();
  }
}
