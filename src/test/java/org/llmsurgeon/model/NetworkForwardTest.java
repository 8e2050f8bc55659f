package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.ModelConfig;

@DisplayName("A network's forward")
class NetworkForwardTest {
  private final Device device = new ReferenceDevice();

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  private LanguageModel model(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    return LanguageModel.load(config, TinyModels.weights(config, 1), device);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givesTheLogitsOfTheDefinition(String variant) {
    try (LanguageModel model = model(variant)) {
      int[] window = TinyModels.windows(model.config(), 1, 9, 2)[0];
      double[][] expected = new PlainForward(model).logits(window);
      try (Tensor logits = model.logits(window)) {
        assertThat(logits.rows()).isEqualTo(9);
        assertThat(device.values(logits))
            .containsExactly(
                Arrays.stream(expected).flatMapToDouble(Arrays::stream).toArray(), within(1e-9));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givesEachWindowItsOwnMeanLoss(String variant) {
    try (LanguageModel model = model(variant)) {
      int[][] windows = TinyModels.windows(model.config(), 4, 7, 3);
      windows[2] = Arrays.copyOf(windows[2], 2);
      PlainForward plain = new PlainForward(model);
      double[] expected = Arrays.stream(windows).mapToDouble(plain::loss).toArray();
      assertThat(model.losses(windows)).containsExactly(expected, within(1e-9));
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givesTheSameLossesWithAndWithoutATap(String variant) {
    try (LanguageModel model = model(variant)) {
      int[][] windows = TinyModels.windows(model.config(), 3, 7, 4);
      double[] losses = model.losses(windows);
      assertThat(model.forward(windows, new RecordingTap(device))).containsExactly(losses);
      assertThat(model.calibrate(windows, new RecordingTap(device))).containsExactly(losses);
    }
  }
}
