package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.ParameterGradients;

@DisplayName("The fast device and the reference device agree on")
class DeviceAgreementTest {
  private final Device reference = new ReferenceDevice();

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  private static LanguageModel model(String variant, Device device) {
    ModelConfig config = TinyModels.variants().get(variant);
    return LanguageModel.load(config, TinyModels.weights(config, 41), device);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void lossesInputsAndOutputGradients(String variant) {
    try (Device cpu = CpuDevice.create();
        LanguageModel slow = model(variant, reference);
        LanguageModel fast = model(variant, cpu)) {
      int[][] windows = TinyModels.windows(slow.config(), 3, 12, 42);
      RecordingTap expected = new RecordingTap(reference);
      RecordingTap actual = new RecordingTap(cpu);
      double[] losses = slow.calibrate(windows, expected);
      double[] calibrated = fast.calibrate(windows, actual);
      Tolerances.assertClose("calibrated losses", calibrated, losses, Tolerances.NETWORK_LOSS);
      Tolerances.assertClose("losses", fast.losses(windows), losses, Tolerances.NETWORK_LOSS);
      assertClose(actual.inputs, expected.inputs);
      assertClose(actual.gradients, expected.gradients);
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void parameterGradients(String variant) {
    try (Device cpu = CpuDevice.create();
        LanguageModel slow = model(variant, reference);
        LanguageModel fast = model(variant, cpu);
        ParameterGradients expected = slow.zeroGradients(Precision.DOUBLE);
        ParameterGradients inDouble = fast.zeroGradients(Precision.DOUBLE);
        ParameterGradients inSingle = fast.zeroGradients(Precision.SINGLE)) {
      int[][] windows = TinyModels.windows(slow.config(), 3, 12, 43);
      slow.gradients(windows, 0.5, expected);
      fast.gradients(windows, 0.5, inDouble);
      fast.gradients(windows, 0.5, inSingle);
      for (String name : expected.names()) {
        double[] values = reference.values(expected.of(name));
        assertClose(name, cpu.values(inDouble.of(name)), values);
        assertClose(name, cpu.values(inSingle.of(name)), values);
      }
    }
  }

  private static void assertClose(
      Map<String, List<double[]>> actual, Map<String, List<double[]>> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, rows) -> assertClose(name, flat(actual.get(name)), flat(rows)));
  }

  private static void assertClose(String name, double[] actual, double[] expected) {
    if (largest(expected) < 1e-12) {
      // Zero but for rounding (a key bias without rotation): nothing to be relative to.
      assertThat(largest(actual)).as(name).isLessThan(1e-7);
    } else {
      Tolerances.assertClose(name, actual, expected, Tolerances.NETWORK_GRADIENT);
    }
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElse(0);
  }

  private static double[] flat(List<double[]> rows) {
    return rows.stream().flatMapToDouble(Arrays::stream).toArray();
  }
}
