package org.llmsurgeon.surgery.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  /** A decoder without biases and with them, an encoder, a mixture of experts. */
  @ParameterizedTest
  @CsvSource({"llama, 14", "llama-grouped, 14", "bert, 12", "mixtral, 32"})
  void areTheSame(String name, int layers) throws Exception {
    for (Device device : List.of(new ReferenceDevice(), CpuDevice.create())) {
      try (device;
          ReferenceModel reference = ReferenceModel.open(name);
          LanguageModel model =
              LanguageModel.load(reference.configWithTargets(), reference, device);
          LocalFactors factors = new LocalFactors(device)) {
        FactorPass pass = FactorPlan.passes(new CurvatureRule(CurvatureKind.KFAC)).get(0);
        factors.gather(model, pass, List.of(new Calibration.Data(new int[][] {reference.ids()})));
        assertThat(reference.config().linears()).hasSize(layers);
        for (LinearShape layer : reference.config().linears()) {
          if (reference.reached(layer)) {
            assertClose(FactorPlan.a(layer), reference.factorA(layer, device), factors, device);
            assertClose(FactorPlan.g(layer), reference.factorG(layer, device), factors, device);
          }
        }
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
