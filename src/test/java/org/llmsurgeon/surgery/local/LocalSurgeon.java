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
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.calibrate.FisherTargets;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.choose.AlreadyGone;
import org.llmsurgeon.surgery.choose.Reachability;
import org.llmsurgeon.surgery.correct.AdapterTraining;
import org.llmsurgeon.surgery.correct.CorrectionPlan;
import org.llmsurgeon.surgery.correct.Reconstruction;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.operate.ElementTask;
import org.llmsurgeon.surgery.operate.InputBasis;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.ObjectiveCheck;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;
import org.llmsurgeon.surgery.recover.Recovery;
import org.llmsurgeon.surgery.shot.LayerSelection;
import org.llmsurgeon.surgery.shot.Removal;
import org.llmsurgeon.surgery.shot.ShotAim;
import org.llmsurgeon.surgery.shot.ShotChoice;
import org.llmsurgeon.surgery.shot.ShotChooser;
import org.llmsurgeon.surgery.shot.ShotEngine;
import org.llmsurgeon.surgery.shot.ShotLife;

/**
 * The shots of a run in one process and in memory, what the Spark pipeline must equal bit for bit:
 * the order of the steps is shared, their work is not. Memory: the model, the factors, and in a
 * pass the packed ones of every shard.
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
  private Removal before;

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
   * @param choice what was selected
   * @param removal how much is gone
   * @param layers one report for each layer, in the model's order
   * @param reconstruction how layers were refitted after the last cut, or null
   * @param correction what adapters were trained after that, or null
   * @param recovery how all weights were trained after the last shot, or null
   */
  public record Shot(
      ShotChoice choice,
      Removal removal,
      List<LayerReport> layers,
      Reconstruction.Result reconstruction,
      AdapterTraining.Result correction,
      Recovery.Result recovery) {
    private Shot trained(AdapterTraining.Result adapters, Recovery.Result all) {
      return new Shot(choice, removal, layers, reconstruction, adapters, all);
    }
  }

  /**
   * The next shot: calibrate, score, choose, cut, and correct where the recipe says so.
   *
   * @param windows all calibration windows, {@code [windows, context]}
   */
  public Shot shoot(int[][] windows) {
    shot++;
    Shot done = new ShotLife<>(recipe, new Engine(windows)).run();
    before = done.choice().removal();
    return done;
  }

  /** The steps of a shot, in memory. */
  private final class Engine implements ShotEngine<Shot> {
    private final int[][] windows;

    Engine(int[][] windows) {
      this.windows = windows;
    }

    @Override
    public Measured<Shot> measure() {
      gather(windows);
      return this::choose;
    }

    private Chosen<Shot> choose() {
      ShotAim aim = new ShotAim(recipe.target(shot, share), share, isLast(), before);
      ShotChoice chosen =
          new ShotChooser(config, recipe, aim)
              .choose(new LocalCosts(device, config, LocalSurgeon.this, factors, recipe));
      return () -> cut(chosen);
    }

    private Shot cut(ShotChoice chosen) {
      List<LayerReport> reports = new ArrayList<>();
      Map<String, LayerWeight> next = new HashMap<>();
      for (LayerSelection each : chosen.layers()) {
        CutLayer cut = cut(config.linears().get(each.layer()), each);
        next.put(cut.report().layer(), cut.weight());
        reports.add(cut.report());
      }
      next.forEach(LocalSurgeon.this::replace);
      if (!recipe.curvature().kind().powerIteration()) {
        factors.close();
      }
      Removal removal = chosen.removal().after(recipe.structures(), reports);
      return new Shot(chosen, removal, reports, null, null, null);
    }

    private CutLayer cut(LinearShape layer, LayerSelection chosen) {
      return chosen.elements() == null
          ? task(layer, factors).cut(chosen.lines())
          : new ElementTask(device, layer, LocalSurgeon.this, factors, recipe)
              .cut(chosen.elements());
    }

    @Override
    public boolean isLast(Shot cut) {
      return isLast();
    }

    private boolean isLast() {
      return shot == recipe.shots();
    }

    @Override
    public Shot reconstruct(After<Shot> before) {
      try (LocalReconstruction work =
          new LocalReconstruction(device, config, dense, recipe, windows)) {
        Reconstruction.Outcome<LayeredWeights> outcome =
            Reconstruction.run(
                new LayeredWeights(LocalSurgeon.this, Map.of()), config, recipe.layers(), work);
        outcome.state().layers().forEach(LocalSurgeon.this::replace);
        Shot cut = before.state();
        return new Shot(cut.choice(), cut.removal(), cut.layers(), outcome.result(), null, null);
      }
    }

    @Override
    public Shot correct(After<Shot> before) {
      CorrectionPlan plan = CorrectionPlan.of(recipe, shot, isLast(), windows.length);
      LocalCorrection.Corrected corrected =
          new LocalCorrection(device, config, dense, recipe)
              .correct(LocalSurgeon.this, windows, plan);
      corrected.weights().forEach(LocalSurgeon.this::replace);
      return before.state().trained(corrected.result(), null);
    }

    @Override
    public Shot recover(After<Shot> before) {
      LocalRecovery.Recovered done =
          new LocalRecovery(device, config, dense, recipe).recover(LocalSurgeon.this, windows);
      done.weights().forEach(LocalSurgeon.this::replace);
      return before.state().trained(before.state().correction(), done.result());
    }
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
