package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.ParameterGradients;

@DisplayName("A language model")
class LanguageModelTest {
  private final Device device = new ReferenceDevice();

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  private LanguageModel model(String variant, MemoryLimits limits) {
    ModelConfig config = TinyModels.variants().get(variant);
    return LanguageModel.load(config, TinyModels.weights(config, 11), device, limits);
  }

  private RecordingTap calibrate(LanguageModel model, int[][] windows) {
    RecordingTap tap = new RecordingTap(device);
    model.calibrate(windows, tap);
    return tap;
  }

  @ParameterizedTest
  @MethodSource("variants")
  void computesAgainWhatItDidNotKeepBitForBit(String variant) {
    MemoryLimits all = MemoryLimits.DEFAULT;
    try (LanguageModel keeps = model(variant, all);
        LanguageModel recomputes = model(variant, all.withKeepBytes(0));
        ParameterGradients kept = keeps.zeroGradients(Precision.DOUBLE);
        ParameterGradients recomputed = recomputes.zeroGradients(Precision.DOUBLE)) {
      int[][] windows = TinyModels.windows(keeps.config(), 3, 8, 12);
      assertSame(calibrate(recomputes, windows), calibrate(keeps, windows));
      assertThat(recomputes.gradients(windows, 1, recomputed))
          .containsExactly(keeps.gradients(windows, 1, kept));
      for (String name : kept.names()) {
        assertThat(device.values(recomputed.of(name)))
            .as(name)
            .containsExactly(device.values(kept.of(name)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givesTheSameForABatchOfThreeAsOneByOne(String variant) {
    try (LanguageModel together = model(variant, TinyModels.limits(24));
        LanguageModel oneByOne = model(variant, TinyModels.limits(1))) {
      int[][] windows = TinyModels.windows(together.config(), 3, 8, 13);
      assertThat(together.losses(windows)).containsExactly(oneByOne.losses(windows));
      RecordingTap batch = calibrate(together, windows);
      RecordingTap single = calibrate(oneByOne, windows);
      assertThat(single.calls).hasSize(3 * batch.calls.size());
      assertThat(batch.inputs.keySet()).isEqualTo(single.inputs.keySet());
      assertSame(single, batch);
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givesTheSameWhateverTheChunksOfTheHead(String variant) {
    MemoryLimits whole = MemoryLimits.DEFAULT;
    MemoryLimits rowByRow = new MemoryLimits(whole.tokensPerBlock(), whole.keepBytes(), 1);
    try (LanguageModel atOnce = model(variant, whole);
        LanguageModel inChunks = model(variant, rowByRow);
        ParameterGradients expected = atOnce.zeroGradients(Precision.DOUBLE);
        ParameterGradients chunked = inChunks.zeroGradients(Precision.DOUBLE)) {
      int[][] windows = TinyModels.windows(atOnce.config(), 2, 8, 14);
      assertThat(inChunks.losses(windows)).containsExactly(atOnce.losses(windows));
      assertSame(calibrate(inChunks, windows), calibrate(atOnce, windows));
      atOnce.gradients(windows, 1, expected);
      inChunks.gradients(windows, 1, chunked);
      for (String name : expected.names()) {
        assertThat(device.values(chunked.of(name)))
            .as(name)
            .containsExactly(device.values(expected.of(name)), within(1e-12));
      }
    }
  }

  private static void assertSame(RecordingTap actual, RecordingTap expected) {
    assertThat(actual.inputs.keySet()).isEqualTo(expected.inputs.keySet());
    assertThat(actual.gradients.keySet()).isEqualTo(expected.gradients.keySet());
    expected.inputs.forEach((name, rows) -> assertSame(name, actual.inputs.get(name), rows));
    expected.gradients.forEach((name, rows) -> assertSame(name, actual.gradients.get(name), rows));
  }

  private static void assertSame(String name, List<double[]> actual, List<double[]> expected) {
    assertThat(actual.toArray(double[][]::new))
        .as(name)
        .isDeepEqualTo(expected.toArray(double[][]::new));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void showsEachInputGroupAndEachLayerOnce(String variant) {
    try (LanguageModel model = model(variant, MemoryLimits.DEFAULT.withKeepBytes(0))) {
      List<LinearShape> layers = model.config().linears();
      RecordingTap tap = calibrate(model, TinyModels.windows(model.config(), 2, 8, 15));
      List<String> groups = layers.stream().map(LinearShape::inputGroup).distinct().toList();
      assertThat(tap.inputs.keySet()).containsExactlyElementsOf(groups);
      assertThat(tap.calls.stream().filter(call -> call.startsWith("inputs")))
          .containsExactlyElementsOf(
              groups.stream()
                  .map(
                      group ->
                          layers.stream()
                              .filter(layer -> layer.inputGroup().equals(group))
                              .map(LinearShape::name)
                              .toList())
                  .map(names -> "inputs " + names)
                  .toList());
      assertThat(tap.calls.stream().filter(call -> call.startsWith("gradients")))
          .containsExactlyInAnyOrderElementsOf(
              layers.stream().map(layer -> "gradients " + layer.name()).toList());
    }
  }

  @Test
  void takesNoGradientFromTheLastTokenOfTheLastBlocksFeedForward() {
    try (LanguageModel model = model(variants().iterator().next(), MemoryLimits.DEFAULT)) {
      RecordingTap tap = calibrate(model, TinyModels.windows(model.config(), 2, 8, 16));
      List<double[]> rows = tap.gradients.get("model.layers.1.mlp.down_proj");
      assertThat(rows).hasSize(16);
      for (int row = 0; row < 16; row++) {
        assertThat(Arrays.stream(rows.get(row)).allMatch(value -> value == 0))
            .as("row %d is zero", row)
            .isEqualTo(row % 8 == 7);
      }
    }
  }

  @Test
  void showsNoGradientsWhenItGoesForwardOnly() {
    try (LanguageModel model = model(variants().iterator().next(), MemoryLimits.DEFAULT)) {
      RecordingTap tap = new RecordingTap(device);
      model.forward(TinyModels.windows(model.config(), 2, 8, 17), tap);
      assertThat(tap.inputs).hasSize(8);
      assertThat(tap.gradients).isEmpty();
    }
  }

  @Test
  void addsScaledGradientsOfTheParametersAskedForOnly() {
    try (LanguageModel model = model(variants().iterator().next(), MemoryLimits.DEFAULT);
        ParameterGradients all = model.zeroGradients(Precision.DOUBLE);
        ParameterGradients some =
            model.zeroGradients(
                Precision.SINGLE,
                List.of("model.norm.weight", "model.layers.1.mlp.up_proj.weight"))) {
      int[][] windows = TinyModels.windows(model.config(), 2, 8, 18);
      double[] losses = model.gradients(windows, 1, all);
      assertThat(losses).containsExactly(model.losses(windows));
      model.gradients(windows, 0.25, some);
      model.gradients(windows, 0.5, some);
      for (String name : some.names()) {
        double[] expected =
            Arrays.stream(device.values(all.of(name))).map(value -> 0.75 * value).toArray();
        assertThat(device.values(some.of(name))).containsExactly(expected, within(1e-12));
      }
      assertThatThrownBy(() -> some.of("model.embed_tokens.weight"))
          .isInstanceOf(IllegalArgumentException.class);
      some.clear();
      assertThat(device.values(some.of("model.norm.weight"))).containsOnly(0);
    }
  }
}
