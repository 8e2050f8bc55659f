package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.weights.WeightSource;

@DisplayName("A network's gradients")
class NetworkGradientTest {
  private static final double STEP = 1e-5;

  /** Gradients smaller than this drown in the rounding of the losses whose difference is taken. */
  private static final double SMALLEST_SCALE = 0.05;

  private final Device device = new ReferenceDevice();

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  /** Of every parameter; and what the tap sees of a linear layer gives the same once more. */
  @ParameterizedTest
  @MethodSource("variants")
  void areTheCentralDifferencesOfItsLosses(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    WeightSource weights = TinyModels.weights(config, 5, Precision.DOUBLE);
    try (LanguageModel model = LanguageModel.load(config, weights, device);
        ParameterGradients gradients = model.zeroGradients(Precision.DOUBLE)) {
      int[][] windows = TinyModels.windows(config, 2, 5, 6);
      model.gradients(windows, 1, gradients);
      Map<String, double[]> tapped = tapped(model, windows);
      assertThat(gradients.names()).isEqualTo(LanguageModel.tensors(config).keySet());
      assertThat(gradients.names()).containsAll(tapped.keySet());
      for (String name : gradients.names()) {
        double[] differences = differences(model, name, windows);
        assertClose(name, device.values(gradients.of(name)), differences);
        if (tapped.containsKey(name)) {
          assertClose(name + " by the tap", tapped.get(name), differences);
        }
      }
    }
  }

  /** {@code sum_t g_t a_t^T} of each linear layer's weight, {@code sum_t g_t} of its bias. */
  private Map<String, double[]> tapped(LanguageModel model, int[][] windows) {
    RecordingTap tap = new RecordingTap(device);
    model.calibrate(windows, tap);
    Map<String, double[]> gradients = new LinkedHashMap<>();
    for (LinearShape layer : model.config().linears()) {
      gradients.put(layer.weightName(), tap.weightGradient(layer));
      if (layer.bias()) {
        double[] sums = new double[layer.outputs()];
        tap.gradients.get(layer.name()).forEach(row -> Arrays.setAll(sums, i -> sums[i] + row[i]));
        gradients.put(layer.biasName(), sums);
      }
    }
    return gradients;
  }

  private static void assertClose(String name, double[] computed, double[] differences) {
    if (isShiftOfAllScores(name)) {
      assertThat(largest(computed)).as(name).isLessThan(1e-15);
    } else {
      assertThat(largest(computed)).as(name).isGreaterThan(1e-5);
    }
    double floor = Math.max(1, SMALLEST_SCALE / largest(differences));
    Tolerances.assertClose(name, computed, differences, Tolerances.FINITE_DIFFERENCE * floor);
  }

  /** Without rotation a key bias adds the same to all scores of a query: no gradient, rightly. */
  private static boolean isShiftOfAllScores(String name) {
    return name.startsWith("model.decoder") && name.contains("k_proj.bias");
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElse(0);
  }

  private double[] differences(LanguageModel model, String name, int[][] windows) {
    Tensor weight = model.weight(name);
    double[] values = device.values(weight);
    double[] differences = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double above = lossAt(model, weight, i, values[i] + STEP, windows);
      double below = lossAt(model, weight, i, values[i] - STEP, windows);
      device.upload(values, i, weight, i, 1);
      differences[i] = (above - below) / (2 * STEP);
    }
    return differences;
  }

  private double lossAt(LanguageModel model, Tensor weight, int at, double value, int[][] windows) {
    device.upload(new double[] {value}, 0, weight, at, 1);
    return Arrays.stream(model.losses(windows)).sum();
  }
}
