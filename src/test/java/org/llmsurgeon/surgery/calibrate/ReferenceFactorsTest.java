package org.llmsurgeon.surgery.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

@DisplayName("Factors of a layer, beside those that torch's hooks saw")
class ReferenceFactorsTest {
  /** Relative to the largest element: torch computes in single precision. */
  private static final double TOLERANCE = 4e-5;

  /** What is expected of a layer's factors. */
  private interface Expected {
    void of(LinearShape layer, ReferenceModel reference, LocalFactors factors, Device device);
  }

  /** Of embeddings no text says what is right, and so there is no gradient without a teacher. */
  static List<String> models() throws IOException {
    return ReferenceModel.names().stream().filter(name -> !name.endsWith("-embedding")).toList();
  }

  /** A decoder without biases and with them, an encoder, a mixture of experts. */
  @ParameterizedTest
  @CsvSource({"llama, 14", "llama-grouped, 14", "bert, 12", "mixtral, 32"})
  void areTheSame(String name, int layers) throws Exception {
    try (ReferenceModel reference = ReferenceModel.open(name)) {
      assertThat(reference.config().linears()).hasSize(layers);
    }
    gather(
        name,
        (layer, reference, factors, device) -> {
          assertClose(FactorPlan.a(layer), reference.factorA(layer, device), factors, device);
          assertClose(FactorPlan.g(layer), reference.factorG(layer, device), factors, device);
        });
  }

  /** Of every architecture, also where layers are fused, lie transposed or read images. */
  @ParameterizedTest
  @MethodSource("models")
  void ofGradientsAreMeansOfThoseOfEachToken(String name) throws Exception {
    gather(
        name,
        (layer, reference, factors, device) -> {
          boolean images = reference.config().readsImages();
          int tokens = images ? reference.config().maxPositions() : reference.ids().length;
          double[] gradient = reference.gradient(layer, device);
          double[] mean = mean(gradient, layer.outputs(), tokens);
          assertClose(FactorPlan.g(layer), mean, factors, device);
        });
  }

  /** {@code sum_t x_t x_t^T / tokens}; some tokens reach no expert. */
  private static double[] mean(double[] rows, int width, int tokens) {
    double[] mean = new double[width * width];
    for (int row = 0; row < rows.length; row += width) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += rows[row + i / width] * rows[row + i % width] / tokens;
      }
    }
    return mean;
  }

  private static void gather(String name, Expected expected) throws IOException {
    for (Device device : List.of(new ReferenceDevice(), CpuDevice.create())) {
      try (device;
          ReferenceModel reference = ReferenceModel.open(name);
          LanguageModel model =
              LanguageModel.load(reference.configWithTargets(), reference, device);
          LocalFactors factors = new LocalFactors(device)) {
        FactorPass pass = FactorPlan.passes(new CurvatureRule(CurvatureKind.KFAC)).get(0);
        factors.gather(model, pass, List.of(new Calibration.Data(new int[][] {reference.ids()})));
        reference.config().linears().stream()
            .filter(reference::reached)
            .forEach(layer -> expected.of(layer, reference, factors, device));
      }
    }
  }

  private static void assertClose(
      FactorKey key, double[] theirs, LocalFactors factors, Device device) {
    double largest = Arrays.stream(theirs).map(Math::abs).max().orElseThrow();
    assertThat(largest).as("%s", key).isPositive();
    try (Tensor factor = factors.load(key, device)) {
      assertThat(device.values(factor))
          .as("%s", key)
          .containsExactly(theirs, within(TOLERANCE * largest));
    }
  }
}
