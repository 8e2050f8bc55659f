package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.weights.WeightSource;

/** Pairs of inputs and output gradients give the gradients of the weights. */
class PairTapTest {
  private final Device device = new ReferenceDevice();

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void productsOfPairsAreTheParameterGradients(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    WeightSource weights = TinyModels.weights(config, 5, Precision.DOUBLE);
    // One window a batch and nothing kept: inputs are computed a second time.
    MemoryLimits limits = TinyModels.limits(5).withKeepBytes(0);
    int[][] windows = TinyModels.windows(config, 3, 5, 6);
    try (LanguageModel model = LanguageModel.load(config, weights, device, limits);
        ParameterGradients gradients = model.zeroGradients(Precision.DOUBLE)) {
      model.gradients(windows, 1, gradients);
      Products products = new Products(device);
      model.calibrate(windows, products);
      assertThat(products.sums).hasSize(config.linears().size());
      for (LinearShape layer : config.linears()) {
        Tolerances.assertClose(
            layer.name(),
            device.values(products.sums.get(layer.name())),
            device.values(gradients.of(layer.weightName())),
            1e-12);
      }
    }
  }

  /** Adds up {@code g a^T}. */
  private static final class Products implements LinearTap {
    private final Device device;
    private final Map<String, Tensor> sums = new HashMap<>();

    Products(Device device) {
      this.device = device;
    }

    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {}

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}

    @Override
    public boolean readsPairs() {
      return true;
    }

    @Override
    public void pair(LinearShape layer, Tensor input, Tensor gradient) {
      Tensor sum =
          sums.computeIfAbsent(
              layer.name(),
              name -> device.zeros(input.precision(), layer.outputs(), layer.inputs()));
      device.multiply(1, gradient.transposed(), input, 1, sum);
    }
  }
}
