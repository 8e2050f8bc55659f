package org.llmsurgeon.surgery.recover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;

/** The steps of one layer: AdamW by hand, and what is gone stays gone. */
class TrainedLayerTest {
  private static final LinearShape LAYER =
      new LinearShape("fc", 0, LinearRole.DOWN, LinearShape.NO_EXPERT, 3, 2, true, "fc");

  private final Device device = new ReferenceDevice();

  @AfterEach
  void free() {
    device.close();
  }

  /** The second row is gone with its bias; of the third a weight; the first has no bias yet. */
  private final WeightSource pruned =
      new WeightSource() {
        @Override
        public boolean contains(String name) {
          return true;
        }

        @Override
        public int[] shape(String name) {
          return name.equals(LAYER.weightName()) ? new int[] {3, 2} : new int[] {3};
        }

        @Override
        public Tensor load(String name, Device target) {
          boolean weight = name.equals(LAYER.weightName());
          double[] values = weight ? new double[] {1, -2, 0, 0, 0, 2} : new double[] {0, 0, 0.5};
          Tensor tensor =
              target.empty(Precision.SINGLE, weight ? 3 : 1, weight ? 2 : values.length);
          target.upload(values, 0, tensor, 0, values.length);
          return tensor;
        }
      };

  private Consumer<List<Tensor>> part(double weights, double bias) {
    return into -> {
      device.upload(
          new double[] {weights, weights, weights, weights, weights, weights},
          0,
          into.get(0),
          0,
          6);
      device.upload(new double[] {bias, bias, bias}, 0, into.get(1), 0, 3);
    };
  }

  private static Recovery.Step step(int number, double rate) {
    return new Recovery.Step(number, rate, List.of(new int[2], new int[2]));
  }

  @Test
  void twoStepsAreThoseOfAdamW() {
    try (TrainedLayer layer = TrainedLayer.start(device, LAYER, pruned)) {
      double size = Math.sqrt(9 / 3.0);
      assertThat(layer.size()).isEqualTo(size);
      layer.step(step(1, 0.1), size, List.of(part(3, 1), part(1, 3)));
      layer.step(step(2, 0.05), size, List.of(part(-2, 1), part(0, 3)));
      double[] weight = device.values(layer.weights().get(0));
      double[] bias = device.values(layer.weights().get(1));
      // The gradients are sums over four windows: 1 and then -0.5; of the biases 1 and 1.
      double second =
          (0.9 * 0.1 - 0.1 * 0.5)
              / (1 - 0.81)
              / (Math.sqrt((0.999 * 0.001 + 0.001 * 0.25) / (1 - 0.999 * 0.999)) + 1e-8);
      for (int i : new int[] {0, 1, 5}) {
        double start = new double[] {1, -2, 0, 0, 0, 2}[i];
        double once = start - 0.1 * size * (1 + 0.01 * start);
        assertThat(weight[i]).isCloseTo(once - 0.05 * size * (second + 0.01 * once), within(1e-6));
      }
      assertThat(weight[2]).isZero();
      assertThat(weight[3]).isZero();
      assertThat(weight[4]).isZero();
      assertThat(bias[0]).as("a row that stays").isCloseTo(-0.15 * size, within(1e-6));
      assertThat(bias[1]).as("a row that is gone").isZero();
      assertThat(bias[2]).as("vectors do not decay").isCloseTo(0.5 - 0.15 * size, within(1e-6));
    }
  }

  @Test
  void aLayerGoesOnFromItsTensors() {
    try (TrainedLayer straight = TrainedLayer.start(device, LAYER, pruned);
        TrainedLayer resumed = TrainedLayer.empty(device, LAYER)) {
      straight.step(step(1, 0.1), 1, List.of(part(3, 1)));
      for (int i = 0; i < straight.tensors().size(); i++) {
        device.copy(straight.tensors().get(i), resumed.tensors().get(i));
      }
      straight.step(step(2, 0.1), 1, List.of(part(1, -1)));
      resumed.step(step(2, 0.1), 1, List.of(part(1, -1)));
      for (int i = 0; i < straight.tensors().size(); i++) {
        assertThat(device.values(resumed.tensors().get(i)))
            .isEqualTo(device.values(straight.tensors().get(i)));
      }
    }
  }

  @Test
  void aGradientThatIsNotFiniteIsNamed() {
    try (TrainedLayer layer = TrainedLayer.start(device, LAYER, pruned)) {
      assertThatThrownBy(() -> layer.step(step(1, 0.1), 1, List.of(part(Double.NaN, 1))))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageContaining("fc.weight");
    }
  }
}
