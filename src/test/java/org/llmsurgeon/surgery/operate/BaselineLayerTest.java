package org.llmsurgeon.surgery.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Which layers Wanda and SparseGPT leave alone. */
class BaselineLayerTest {
  private final Device device = CpuDevice.create();
  private final ModelConfig config = TinyModels.opt();
  private final WeightSource weights = TinyModels.weights(config, 3);
  private final LinearShape layer = config.linears().get(0);

  private CutLayer prune(Map<String, ?> options, boolean sparseGpt) {
    return new BaselineLayer(device, layer, weights, FactorSource.NONE, Recipe.of(options))
        .prune(sparseGpt);
  }

  private void assertDense(Map<String, ?> options, boolean sparseGpt) {
    try (CutLayer cut = prune(options, sparseGpt);
        Tensor weight = weights.load(layer.weightName(), device);
        Tensor bias = weights.load(layer.biasName(), device)) {
      assertThat(device.values(cut.weight().weight())).isEqualTo(device.values(weight));
      assertThat(device.values(cut.weight().bias())).isEqualTo(device.values(bias));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void layersThatMayNotBeTouchedStayBitForBit(boolean sparseGpt) {
    Map<String, Object> options = Map.of("structures", "element", "exclude", layer.name());
    assertDense(options, sparseGpt);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void layersThatGroupsDoNotFitStayDenseWhereThatIsAskedFor(boolean sparseGpt) {
    String pattern = "1:" + (layer.inputs() + 1);
    double all = layer.inputs() / (layer.inputs() + 1.0);
    assertDense(Map.of("structures", pattern, "sparsity", all, "skip-unfit", true), sparseGpt);
  }

  @Test
  void limitsContradictLayersThatAllGoEquallyFar() {
    Recipe recipe = Recipe.of(Map.of("structures", "element", "limit", "*=0.7"));
    assertThatThrownBy(() -> BaselineLayer.sparsity(recipe))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--limit");
  }
}
