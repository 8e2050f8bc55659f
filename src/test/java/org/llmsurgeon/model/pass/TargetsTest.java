package org.llmsurgeon.model.pass;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.RecordingTap;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.Targets.Drawn;
import org.llmsurgeon.model.pass.Targets.Given;

/** Gradients for targets other than the text. */
class TargetsTest {
  private final Device device = new ReferenceDevice();

  @AfterEach
  void close() {
    device.close();
  }

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  private LanguageModel model(String variant, MemoryLimits limits) {
    ModelConfig config = TinyModels.variants().get(variant);
    return LanguageModel.load(config, TinyModels.weights(config, 3), device, limits);
  }

  private RecordingTap tap(LanguageModel model, int[][] windows, Targets targets) {
    RecordingTap tap = new RecordingTap(device);
    assertThat(model.calibrate(windows, targets, tap)).containsExactly(model.losses(windows));
    return tap;
  }

  private static void assertSameGradients(RecordingTap actual, RecordingTap expected) {
    assertThat(actual.gradients.keySet()).isEqualTo(expected.gradients.keySet());
    actual.gradients.forEach(
        (layer, rows) ->
            assertThat(rows.toArray(double[][]::new))
                .as(layer)
                .isDeepEqualTo(expected.gradients.get(layer).toArray(double[][]::new)));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void theTextGivenAsTargetsHasTheTextsGradients(String variant) {
    try (LanguageModel model = model(variant, TinyModels.limits(16))) {
      int[][] windows = TinyModels.windows(model.config(), 3, 8, 4);
      int[][][] next = new int[windows.length][1][];
      for (int window = 0; window < windows.length; window++) {
        next[window][0] = Arrays.copyOfRange(windows[window], 1, 9);
      }
      assertSameGradients(
          tap(model, windows, new Given(next)), tap(model, windows, Targets.OF_TEXT));
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void eachDrawHasABackwardOfItsOwnWhateverIsKept(String variant) {
    for (long kept : new long[] {0, 1 << 13, 1 << 30}) {
      MemoryLimits limits = TinyModels.limits(64).withKeepBytes(kept);
      try (LanguageModel model = model(variant, limits)) {
        int[][] windows = TinyModels.windows(model.config(), 2, 8, 4);
        Drawn three = new Drawn(new TokenDraw(1, 0), 3);
        int[][][] tokens = model.draw(windows, three);
        RecordingTap together = tap(model, windows, three);
        RecordingTap alone = new RecordingTap(device);
        for (int draw = 0; draw < 3; draw++) {
          int[][][] one = {{tokens[0][draw]}, {tokens[1][draw]}};
          model.calibrate(windows, new Given(one), alone);
        }
        assertSameGradients(together, alone);
        assertThat(together.calls.stream().filter(call -> call.startsWith("inputs")))
            .hasSize(alone.calls.size() / 3 - together.gradients.size());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void aDrawDependsOnSeedWindowPositionAndNumberAlone(String variant) {
    try (LanguageModel together = model(variant, MemoryLimits.DEFAULT);
        LanguageModel oneByOne = model(variant, TinyModels.limits(1))) {
      int[][] windows = TinyModels.windows(together.config(), 5, 8, 4);
      int[][][] all = together.draw(windows, new Drawn(new TokenDraw(9, 0), 4));
      int[][][] part =
          oneByOne.draw(Arrays.copyOfRange(windows, 2, 5), new Drawn(new TokenDraw(9, 2), 4));
      assertThat(part).isDeepEqualTo(Arrays.copyOfRange(all, 2, 5));
      int[][][] first = together.draw(windows, new Drawn(new TokenDraw(9, 0), 1));
      assertThat(first[3][0]).isEqualTo(all[3][0]);
      int[][][] otherSeed = together.draw(windows, new Drawn(new TokenDraw(10, 0), 4));
      for (List<int[]> two :
          List.of(
              List.of(all[0][0], all[0][1]),
              List.of(all[0][0], all[1][0]),
              List.of(all[0][0], otherSeed[0][0]))) {
        assertThat(two.get(0)).isNotEqualTo(two.get(1));
      }
    }
  }

  @org.junit.jupiter.api.Test
  void tokensAreDrawnAsOftenAsTheyAreLikely() {
    double[] logits = {0, Math.log(3), Double.NEGATIVE_INFINITY, Math.log(4)};
    int[] hits = new int[4];
    int draws = 80_000;
    double[] rows = new double[4 * draws];
    double[] uniforms = new double[draws];
    for (int draw = 0; draw < draws; draw++) {
      System.arraycopy(logits, 0, rows, 4 * draw, 4);
      uniforms[draw] = new TokenDraw(2, 0).uniform(draw / 1000, draw % 1000 / 10, draw % 10);
    }
    try (Device device = new ReferenceDevice();
        Tensor all = device.tensor(Precision.SINGLE, draws, 4, rows);
        Tensor drawn = device.zeros(Precision.DOUBLE, draws, 1)) {
      device.sample(all, uniforms, drawn);
      Arrays.stream(device.values(drawn)).forEach(token -> hits[(int) token]++);
    }
    // A standard deviation is below 0.0018
    assertThat(Arrays.stream(hits).mapToDouble(each -> (double) each / draws).toArray())
        .containsExactly(
            new double[] {0.125, 0.375, 0, 0.5}, org.assertj.core.data.Offset.offset(0.008));
  }
}
