package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;

/** Every weight is there, of the size that keeps activations level; a seed says them all. */
class RandomWeightsTest {
  private final Device device = new ReferenceDevice();

  @Test
  void everyArchitectureStartsNearTheLossOfKnowingNothing() {
    for (ModelConfig config : TinyModels.variants().values()) {
      try (LanguageModel model = LanguageModel.load(config, new RandomWeights(config, 1), device)) {
        double[] losses = model.losses(TinyModels.windows(config, 4, 12, 2));
        double mean = Arrays.stream(losses).average().orElseThrow();
        assertThat(mean).isCloseTo(Math.log(config.vocabulary()), offset(1.0));
      }
    }
  }

  @Test
  void deviationsFollowTheNumberOfInputs() {
    ModelConfig config =
        TinyModels.with(TinyModels.llamaJson(), "{\"hidden_size\": 96, \"intermediate_size\": 64}");
    RandomWeights weights = new RandomWeights(config, 3);
    String block = "model.layers.1.";
    assertThat(deviation(weights, block + "mlp.up_proj.weight"))
        .isCloseTo(1 / Math.sqrt(96), offset(0.003));
    assertThat(deviation(weights, block + "mlp.down_proj.weight"))
        .isCloseTo(1 / Math.sqrt(64), offset(0.003));
    assertThat(values(weights, block + "input_layernorm.weight")).containsOnly(1);
  }

  @Test
  void aSeedSaysThemAll() {
    ModelConfig config = TinyModels.opt();
    String name = config.linears().get(0).weightName();
    double[] weights = values(new RandomWeights(config, 5), name);
    assertThat(values(new RandomWeights(config, 5), name)).containsExactly(weights);
    assertThat(values(new RandomWeights(config, 6), name)).isNotEqualTo(weights);
    assertThat(values(new RandomWeights(config, 5), config.linears().get(0).biasName()))
        .containsOnly(0);
  }

  private double deviation(RandomWeights weights, String name) {
    double[] values = values(weights, name);
    return Math.sqrt(Arrays.stream(values).map(each -> each * each).average().orElseThrow());
  }

  private double[] values(RandomWeights weights, String name) {
    try (Tensor tensor = weights.load(name, device)) {
      return device.values(tensor);
    }
  }
}
