package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/**
 * Embeddings, biases, norms and activations: known values, properties, and equality with {@link
 * ReferenceDevice}.
 */
interface LayerContract extends DeviceUnderTest {
  /** Tokens and width. */
  int[][] LAYERS = {{0, 5}, {3, 0}, {1, 1}, {2, 1}, {1, 7}, {5, 8}, {9, 33}, {300, 67}, {7, 130}};

  @Test
  default void embeddingsTakeTheRowsOfTheTable() {
    int[] ids = {4, 0, 4, 66, 1};
    for (int width : new int[] {0, 1, 7, 130}) {
      PlainMatrix table = PlainMatrix.random(67, width, 1);
      try (Workspace work = workspace(Precision.SINGLE)) {
        Tensor out = work.blank(ids.length, width);
        device().embed(work.tensor(table), ids, out);
        for (int t = 0; t < ids.length; t++) {
          for (int j = 0; j < width; j++) {
            assertThat(work.values(out)[t * width + j]).isEqualTo(table.at(ids[t], j));
          }
        }
      }
    }
  }

  @Test
  default void embeddingGradientsAddUpWhereATokenComesTwice() {
    int[] ids = {4, 0, 4, 66, 1};
    for (int width : new int[] {0, 1, 7, 130}) {
      assertAsReference(
          "embedding gradient, width " + width,
          tolerances(Precision.SINGLE).elementwise(),
          work -> {
            Tensor dTable = work.random(67, width, 1);
            work.device().embedBackward(ids, work.random(ids.length, width, 2), dTable);
            work.device().embedBackward(new int[0], work.zeros(0, width), dTable);
            return List.of(dTable);
          });
    }
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor dTable = work.tensor(2, 1, 10, 20);
      device().embedBackward(new int[] {1, 1, 0}, work.tensor(3, 1, 1, 2, 3), dTable);
      assertThat(work.values(dTable)).containsExactly(13, 23);
    }
  }

  @Test
  default void biasesAreAddedToEachRowAndTheirGradientsSummed() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor x = work.tensor(2, 3, 1, 2, 3, 4, 5, 6);
      device().addBias(work.tensor(1, 3, 10, 20, 30), x);
      assertThat(work.values(x)).containsExactly(11, 22, 33, 14, 25, 36);
      Tensor sums = work.tensor(1, 3, 1, 1, 1);
      device().addColumnSums(x, sums);
      assertThat(work.values(sums)).containsExactly(26, 48, 70);
    }
    for (int[] layer : LAYERS) {
      assertAsReference(
          "bias of " + layer[0] + " x " + layer[1],
          tolerances(Precision.SINGLE).product(),
          work -> {
            Tensor x = work.random(layer[0], layer[1], 1);
            work.device().addBias(work.random(1, layer[1], 2), x);
            Tensor sums = work.random(1, layer[1], 3);
            work.device().addColumnSums(x, sums);
            return List.of(x, sums);
          });
    }
  }

  @ParameterizedTest
  @EnumSource(Norm.Kind.class)
  default void normalizedRowsHaveTheMomentsOfTheirKind(Norm.Kind kind) {
    int width = 67;
    double[] ones = new double[width];
    Arrays.fill(ones, 1);
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor x = work.random(5, width, 1);
      device().addBias(work.tensor(1, width, ones), x);
      device().normalize(new Norm(kind, work.tensor(1, width, ones), null, 0), x, x);
      for (int t = 0; t < 5; t++) {
        double mean = 0;
        double square = 0;
        for (double value : work.values(x.rowRange(t, t + 1))) {
          mean += value / width;
          square += value * value / width;
        }
        double tolerance = tolerances(Precision.SINGLE).product();
        Tolerances.assertClose("mean square", square, 1, tolerance);
        assertThat(Math.abs(mean) < tolerance).isEqualTo(kind == Norm.Kind.LAYER);
      }
    }
  }

  @Test
  default void normsOfASmallRowAreKnown() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor x = work.tensor(1, 4, 1, 3, 1, 3);
      Tensor gain = work.tensor(1, 4, 1, 2, 3, 4);
      Tensor bias = work.tensor(1, 4, 10, 20, 30, 40);
      Tensor out = work.blank(1, 4);
      double tolerance = tolerances(Precision.SINGLE).elementwise();
      // mean 2, variance 1, 1 / sqrt(1 + 3) = 1/2
      device().normalize(new Norm(Norm.Kind.LAYER, gain, bias, 3), x, out);
      Tolerances.assertClose(
          "layer", work.values(out), new double[] {9.5, 21, 28.5, 42}, tolerance);
      // mean square 5, 1 / sqrt(5 + 11) = 1/4
      device().normalize(new Norm(Norm.Kind.RMS, gain, null, 11), x, out);
      Tolerances.assertClose("rms", work.values(out), new double[] {.25, 1.5, .75, 3}, tolerance);
    }
  }

  @Test
  default void normsAndTheirGradientsAreThoseOfTheReference() {
    for (int[] layer : LAYERS) {
      for (Norm.Kind kind : Norm.Kind.values()) {
        assertNormAsReference(kind, false, layer[0], layer[1]);
      }
      assertNormAsReference(Norm.Kind.LAYER, true, layer[0], layer[1]);
    }
  }

  private void assertNormAsReference(Norm.Kind kind, boolean biased, int tokens, int width) {
    assertAsReference(
        "%s norm of %d x %d".formatted(kind, tokens, width),
        tolerances(Precision.SINGLE).product(),
        work -> {
          Tensor bias = biased ? work.random(1, width, 2) : null;
          Norm norm = new Norm(kind, work.random(1, width, 1), bias, 1e-5);
          Tensor x = work.random(tokens, width, 3);
          Tensor dOut = work.random(tokens, width, 4);
          Tensor out = work.blank(tokens, width);
          Tensor dx = work.random(tokens, width, 5);
          Tensor dGain = work.random(1, width, 6);
          Tensor dBias = biased ? work.random(1, width, 7) : null;
          work.device().normalize(norm, x, out);
          work.device().normalizeBackward(norm, x, dOut, dx);
          work.device().normalizeWeightGradients(norm, x, dOut, dGain, dBias);
          work.device().normalize(norm, x, x);
          return biased ? List.of(out, x, dx, dGain, dBias) : List.of(out, x, dx, dGain);
        });
  }

  @Test
  default void normsOfLargeOffsetsDoNotCancel() {
    assertAsReference(
        "norm of 1000 + x",
        1e-3,
        work -> {
          double[] offset = new double[33];
          Arrays.fill(offset, 1000);
          Tensor x = work.random(5, 33, 1);
          work.device().addBias(work.tensor(1, 33, offset), x);
          Tensor out = work.blank(5, 33);
          work.device()
              .normalize(new Norm(Norm.Kind.LAYER, work.random(1, 33, 2), null, 1e-5), x, out);
          return List.of(out);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "RELU, 0 0 0 0 0 0.5 1 3 30",
    "GELU, -1.472014178e-196 -0.004049694095 -0.1586552539 -0.1542687694 0 0.3457312306"
        + " 0.8413447461 2.995950306 30",
    "GELU_TANH, 0 -0.003637392082 -0.1588080094 -0.1542859902 0 0.3457140098 0.8411919906"
        + " 2.996362608 30",
    "SILU, -2.807286891e-12 -0.1422776195 -0.2689414214 -0.1887703344 0 0.3112296656 0.7310585786"
        + " 2.85772238 30"
  })
  default void activationsHaveTheirKnownValues(Activation activation, String expected) {
    double[] x = {-30, -3, -1, -0.5, 0, 0.5, 1, 3, 30};
    String[] values = expected.split(" ");
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor out = work.blank(1, x.length);
      device().activate(activation, work.tensor(1, x.length, x), out);
      for (int i = 0; i < x.length; i++) {
        double value = Double.parseDouble(values[i]);
        assertThat(work.values(out)[i])
            .as("%s(%s)", activation, x[i])
            .isCloseTo(value, offset(1e-6 * Math.max(1e-3, Math.abs(value))));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  default void activationsAndGatesAreThoseOfTheReference(Activation activation) {
    for (int[] layer : LAYERS) {
      for (double spread : new double[] {1, 4, 100}) {
        assertAsReference(
            "%s of %d x %d, spread %s".formatted(activation, layer[0], layer[1], spread),
            tolerances(Precision.SINGLE).elementwise(),
            work -> activationsAndGates(work, activation, layer, spread));
      }
    }
  }

  private static List<Tensor> activationsAndGates(
      Workspace work, Activation activation, int[] layer, double spread) {
    Device device = work.device();
    Tensor x = work.random(layer[0], layer[1], 1);
    device.scale(spread, x);
    Tensor up = work.random(layer[0], layer[1], 2);
    Tensor dOut = work.random(layer[0], layer[1], 3);
    Tensor out = work.blank(layer[0], layer[1]);
    Tensor gated = work.blank(layer[0], layer[1]);
    Tensor dx = work.blank(layer[0], layer[1]);
    Tensor dGate = work.blank(layer[0], layer[1]);
    Tensor dUp = work.blank(layer[0], layer[1]);
    device.activate(activation, x, out);
    device.activateBackward(activation, x, dOut, dx);
    device.gate(activation, new Gated(x, up), gated);
    device.gateBackward(activation, new Gated(x, up), dOut, new Gated(dGate, dUp));
    device.activateBackward(activation, x, dOut, dOut);
    device.activate(activation, x, x);
    return List.of(out, gated, dx, dGate, dUp, dOut, x);
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  default void activationsOfHugeNumbersStayFinite(Activation activation) {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor x = work.tensor(1, 6, -1e30, -1e10, -1e4, 1e4, 1e10, 1e30);
      Tensor ones = work.tensor(1, 6, 1, 1, 1, 1, 1, 1);
      Tensor out = work.blank(1, 6);
      Tensor dx = work.blank(1, 6);
      device().activate(activation, x, out);
      device().activateBackward(activation, x, ones, dx);
      double[] values = work.values(out);
      double[] slopes = work.values(dx);
      for (int i = 0; i < 6; i++) {
        boolean bounded = activation == Activation.TANH;
        double expected = bounded ? (i < 3 ? -1 : 1) : i < 3 ? 0 : work.values(x)[i];
        assertThat(values[i]).isCloseTo(expected, offset(1e-6 * Math.max(1, expected)));
        assertThat(slopes[i]).isCloseTo(bounded || i < 3 ? 0 : 1, offset(1e-6));
      }
    }
  }
}
