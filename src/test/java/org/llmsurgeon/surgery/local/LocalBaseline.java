package org.llmsurgeon.surgery.local;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.operate.BaselineLayer;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Wanda or SparseGPT as their authors' programs prune, in one process: block after block, each on
 * what the pruned blocks before it give. Within a block all layers are pruned on what they read
 * while the block is still dense.
 */
public final class LocalBaseline implements WeightSource, AutoCloseable {
  private final Device device;
  private final ModelConfig config;
  private final WeightSource dense;
  private final Recipe recipe;
  private final Map<String, LayerWeight> pruned = new HashMap<>();

  /**
   * @param device where to compute
   * @param config the model
   * @param dense its weights
   * @param recipe single weights or N:M, and how much
   */
  public LocalBaseline(Device device, ModelConfig config, WeightSource dense, Recipe recipe) {
    this.device = device;
    this.config = config;
    this.dense = dense;
    this.recipe = recipe;
  }

  /**
   * Prunes all blocks.
   *
   * @param sparseGpt whether as SparseGPT; else as Wanda
   * @param windows all calibration windows, {@code [windows, context]}
   */
  public void prune(boolean sparseGpt, int[][] windows) {
    FactorPass pass = FactorPlan.passes(new CurvatureRule(CurvatureKind.ACTIVATIONS)).get(0);
    List<Calibration.Data> data =
        Shard.plan(windows.length, recipe.shards()).stream()
            .map(shard -> Arrays.copyOfRange(windows, shard.from(), shard.to()))
            .map(Calibration.Data::new)
            .toList();
    for (int block = 0; block < config.blocks().size(); block++) {
      try (LocalFactors factors = new LocalFactors(device)) {
        try (LanguageModel model = LanguageModel.load(config, this, device)) {
          factors.gather(model, pass, data);
        }
        for (LinearShape layer : config.linears()) {
          if (layer.block() == block) {
            pruned.put(
                layer.name(),
                new BaselineLayer(device, layer, dense, factors, recipe).prune(sparseGpt).weight());
          }
        }
      }
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
    return new LayeredWeights(dense, pruned).load(name, target);
  }

  @Override
  public void close() {
    pruned.values().forEach(LayerWeight::close);
    pruned.clear();
  }
}
