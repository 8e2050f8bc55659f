package org.llmsurgeon.surgery.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.recipe.Recipe;

class NeuronFloorTest {
  /** Inputs that are independent, with mean squares 1, 2, 3 and so on. */
  private static final FactorSource INDEPENDENT =
      new FactorSource() {
        @Override
        public Tensor load(FactorKey key, Device device) {
          double[] values = new double[key.size() * key.size()];
          for (int i = 0; i < key.size(); i++) {
            values[i * key.size() + i] = i + 1;
          }
          return device.tensor(Precision.SINGLE, key.size(), key.size(), values);
        }

        @Override
        public CalibrationSize size() {
          return CalibrationSize.NONE;
        }
      };

  @Test
  void onlyGatedNeuronsHaveOne() {
    ModelConfig llama = TinyModels.llama();
    LinearShape down = llama.linear(1, LinearRole.DOWN);
    assertThat(NeuronFloor.makers(down, llama.linears()))
        .containsExactly(llama.linear(1, LinearRole.GATE), llama.linear(1, LinearRole.UP));
    assertThat(NeuronFloor.makers(llama.linear(1, LinearRole.OUTPUT), llama.linears())).isEmpty();
    ModelConfig opt = TinyModels.opt();
    assertThat(NeuronFloor.makers(opt.linear(1, LinearRole.DOWN), opt.linears())).isEmpty();
  }

  @Test
  void isAShareOfWhatEachCouldGive() {
    ModelConfig llama = TinyModels.llama();
    WeightSource weights = TinyModels.weights(llama, 5);
    LinearShape down = llama.linear(0, LinearRole.DOWN);
    List<LinearShape> makers = NeuronFloor.makers(down, llama.linears());
    int inputs = makers.get(0).inputs();
    int neurons = down.inputs();
    double[] before = new double[neurons * neurons];
    for (int i = 0; i < before.length; i++) {
      before[i] = Math.sin(i);
    }
    try (Device device = new ReferenceDevice();
        Tensor a = device.tensor(Precision.DOUBLE, neurons, neurons, before);
        Tensor gate = weights.load(makers.get(0).weightName(), device);
        Tensor up = weights.load(makers.get(1).weightName(), device)) {
      new NeuronFloor(device, weights, INDEPENDENT, makers).add(0.25, 0.5, a);
      double[] after = device.values(a);
      double[] g = device.values(gate);
      double[] u = device.values(up);
      for (int i = 0; i < before.length; i++) {
        int n = i / neurons;
        double expected = before[i];
        if (n == i % neurons) {
          double gg = 0;
          double uu = 0;
          double gu = 0;
          for (int j = 0; j < inputs; j++) {
            // A mean over all tokens, half of which come here.
            double square = 2 * (j + 1);
            gg += square * Math.pow(g[n * inputs + j], 2);
            uu += square * Math.pow(u[n * inputs + j], 2);
            gu += square * g[n * inputs + j] * u[n * inputs + j];
          }
          expected += 0.25 * (gg * uu + 2 * gu * gu) / 2;
        }
        assertThat(after[i]).isCloseTo(expected, within(1e-12));
      }
    }
  }

  /** The bound on what one massive activation does to others is no good without a floor. */
  @Test
  void withoutAFloorNothingBoundsTheDamping() {
    ModelConfig llama = TinyModels.llama();
    LinearShape down = llama.linear(0, LinearRole.DOWN);
    double mean = (1e6 + IntStream.rangeClosed(2, down.inputs()).sum()) / down.inputs();
    assertThat(constant(llama, down)).isCloseTo(mean, within(1e-6 * mean));
  }

  /** What {@code A} is damped by beside a share of 1, where its first input is massive. */
  private static double constant(ModelConfig config, LinearShape layer) {
    FactorSource massive =
        new FactorSource() {
          @Override
          public Tensor load(FactorKey key, Device device) {
            Tensor loaded = INDEPENDENT.load(key, device);
            device.upload(new double[] {1e6}, 0, loaded, 0, 1);
            return loaded;
          }

          @Override
          public CalibrationSize size() {
            return new CalibrationSize(100, 100);
          }
        };
    Recipe recipe =
        Recipe.of(Map.of("structures", "units", "curvature", "activations", "damp-a", 1.0));
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device);
        LayerSurgery surgery =
            new LayerTask(device, layer, TinyModels.weights(config, 5), massive, recipe)
                .among(config.linears())
                .open(scope, true)) {
      return surgery.dampingConstantA();
    }
  }
}
