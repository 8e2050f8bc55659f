package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/** Attention and rotary positions: properties, and equality with {@link ReferenceDevice}. */
interface AttentionContract extends DeviceUnderTest {
  /**
   * Sequences, length, heads, key and value heads, head dimension, window; -1 for an attention that
   * sees what comes after as well.
   */
  int[][] SIZES = {
    {0, 4, 2, 1, 4},
    {2, 0, 2, 1, 4},
    {1, 1, 1, 1, 1},
    {3, 1, 2, 2, 5},
    {3, 2, 4, 2, 8},
    {2, 7, 3, 1, 5},
    {2, 7, 6, 3, 16},
    {2, 130, 4, 2, 8},
    {1, 300, 3, 1, 12},
    {2, 300, 2, 2, 7},
    {2, 130, 4, 2, 8, 5},
    {1, 300, 3, 1, 12, 100},
    {1, 7, 2, 1, 4, 1},
    {2, 0, 2, 1, 4, -1},
    {1, 1, 1, 1, 1, -1},
    {3, 7, 6, 3, 5, -1},
    {2, 130, 4, 2, 8, -1},
    {1, 300, 2, 2, 7, -1}
  };

  @Test
  default void attentionAndItsGradientsAreThoseOfTheReference() {
    for (int[] size : SIZES) {
      AttentionShape shape = shape(size);
      assertAsReference(
          shape.toString(),
          tolerances(Precision.SINGLE).product(),
          work -> {
            int tokens = shape.sequences() * shape.length();
            int width = shape.heads() * shape.headDimension();
            AttentionInputs in = inputs(work, shape);
            Tensor out = work.blank(tokens, width);
            work.device().attention(shape, in, out);
            Tensor dOut = work.random(tokens, width, 4);
            int keyWidth = shape.keyValueHeads() * shape.headDimension();
            AttentionInputs gradients =
                new AttentionInputs(
                    work.blank(tokens, width),
                    work.blank(tokens, keyWidth),
                    work.blank(tokens, keyWidth));
            work.device().attentionBackward(shape, in, out, dOut, gradients);
            return List.of(out, gradients.queries(), gradients.keys(), gradients.values());
          });
    }
  }

  @Test
  default void equalKeysAverageTheValuesSoFar() {
    AttentionShape shape = new AttentionShape(2, 130, 4, 2, 3, 0.7);
    try (Workspace work = workspace(Precision.SINGLE)) {
      PlainMatrix values = PlainMatrix.random(260, 6, 1);
      AttentionInputs in =
          new AttentionInputs(work.random(260, 12, 2), work.zeros(260, 6), work.tensor(values));
      Tensor out = work.blank(260, 12);
      device().attention(shape, in, out);
      PlainMatrix expected = PlainMatrix.zeros(260, 12);
      for (int column = 0; column < 12; column++) {
        int valueColumn = column / 6 * 3 + column % 3;
        for (int sequence = 0; sequence < 2; sequence++) {
          double sum = 0;
          for (int t = 0; t < 130; t++) {
            sum += values.at(130 * sequence + t, valueColumn);
            expected.set(130 * sequence + t, column, sum / (t + 1));
          }
        }
      }
      double tolerance = tolerances(Precision.SINGLE).product();
      Tolerances.assertClose("averages", work.values(out), expected.values(), tolerance);
    }
  }

  @Test
  default void equalKeysAverageAllValuesWhereLaterTokensAreSeen() {
    AttentionShape shape =
        new AttentionShape(2, 130, 2, 1, 3, 0.7, new AttentionShape.Reach(false, 0), 0);
    try (Workspace work = workspace(Precision.SINGLE)) {
      PlainMatrix values = PlainMatrix.random(260, 3, 1);
      AttentionInputs in =
          new AttentionInputs(work.random(260, 6, 2), work.zeros(260, 3), work.tensor(values));
      Tensor out = work.blank(260, 6);
      device().attention(shape, in, out);
      PlainMatrix expected = PlainMatrix.zeros(260, 6);
      for (int row = 0; row < 260; row++) {
        for (int column = 0; column < 6; column++) {
          double sum = 0;
          for (int t = row / 130 * 130; t < row / 130 * 130 + 130; t++) {
            sum += values.at(t, column % 3);
          }
          expected.set(row, column, sum / 130);
        }
      }
      double tolerance = tolerances(Precision.SINGLE).product();
      Tolerances.assertClose("averages", work.values(out), expected.values(), tolerance);
    }
  }

  @Test
  default void aMuchLargerScoreTakesAllTheAttention() {
    AttentionShape shape = new AttentionShape(1, 3, 1, 1, 1, 100);
    try (Workspace work = workspace(Precision.SINGLE)) {
      AttentionInputs in =
          new AttentionInputs(
              work.tensor(3, 1, 50, 50, -50),
              work.tensor(3, 1, 0, 40, 20),
              work.tensor(3, 1, 1, 2, 3));
      Tensor out = work.blank(3, 1);
      device().attention(shape, in, out);
      assertThat(work.values(out)).containsExactly(1, 2, 1);
    }
  }

  @Test
  default void laterTokensAndOtherSequencesChangeNothing() {
    AttentionShape shape = new AttentionShape(2, 130, 4, 2, 8, 0.35);
    for (int changed : new int[] {1, 63, 64, 65, 128, 129, 131}) {
      try (Workspace work = workspace(Precision.SINGLE)) {
        AttentionInputs in = inputs(work, shape);
        Tensor before = work.blank(260, 32);
        device().attention(shape, in, before);
        for (Tensor each : List.of(in.queries(), in.keys(), in.values())) {
          device().scale(-1e6, each.rowRange(changed, changed + 1));
        }
        Tensor after = work.blank(260, 32);
        device().attention(shape, in, after);
        assertThat(work.values(after.rowRange(0, changed)))
            .as("tokens before %d", changed)
            .containsExactly(work.values(before.rowRange(0, changed)));
        assertThat(work.values(after.rowRange(changed, changed + 1)))
            .as("token %d", changed)
            .isNotEqualTo(work.values(before.rowRange(changed, changed + 1)));
        int next = changed < 130 ? 130 : 260;
        assertThat(work.values(after.rowRange(next, 260)))
            .as("the sequence after that of %d", changed)
            .containsExactly(work.values(before.rowRange(next, 260)));
      }
    }
  }

  @Test
  default void rotationIsThatOfTheReference() {
    for (int[] size : new int[][] {{1, 1, 1}, {7, 3, 2}, {9, 1, 5}, {67, 5, 16}, {130, 2, 33}}) {
      assertAsReference(
          "rotation of %d tokens, %d heads of 2 x %d".formatted(size[0], size[1], size[2]),
          tolerances(Precision.SINGLE).elementwise(),
          work -> {
            int length = (size[0] + 1) / 2;
            Rotary rotary = rotary(work, length + 3, size[2], length, 1.25);
            Tensor forth = work.random(size[0], size[1] * size[2] * 2, 1);
            Tensor back = work.random(size[0], size[1] * size[2] * 2, 1);
            work.device().rotate(rotary, forth);
            work.device().rotateBack(rotary, back);
            Tensor part = work.random(size[0], size[1] * (size[2] * 2 + 3), 1);
            Rotary narrow = new Rotary(rotary.cosine(), rotary.sine(), length, size[2] * 2 + 3);
            work.device().rotate(narrow, part);
            return List.of(forth, back, part);
          });
    }
  }

  @Test
  default void rotationByAQuarterTurnSwapsThePairedDimensions() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Rotary rotary =
          new Rotary(work.tensor(3, 2, 1, 1, 0, 1, 9, 9), work.tensor(3, 2, 0, 0, 1, 0, 9, 9), 2);
      Tensor x = work.tensor(3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4);
      device().rotate(rotary, x);
      double[] expected = {1, 2, 3, 4, -3, 2, 1, 4, 1, 2, 3, 4};
      Tolerances.assertClose("rotated", work.values(x), expected, 0);
    }
  }

  @Test
  default void rotatingBackIsTheTransposeAndWithUnscaledTablesTheInverse() {
    double tolerance = tolerances(Precision.SINGLE).product();
    try (Workspace work = workspace(Precision.SINGLE)) {
      Rotary scaled = rotary(work, 67, 5, 67, 1.5);
      PlainMatrix x = PlainMatrix.random(134, 30, 1);
      PlainMatrix y = PlainMatrix.random(134, 30, 2);
      Tensor forth = work.tensor(x);
      Tensor back = work.tensor(y);
      device().rotate(scaled, forth);
      device().rotateBack(scaled, back);
      double[] left = device().rowDots(forth, work.tensor(y));
      double[] right = device().rowDots(work.tensor(x), back);
      Tolerances.assertClose("<R x, y> against <x, R^T y>", left, right, tolerance);

      Rotary unscaled = rotary(work, 67, 5, 67, 1);
      Tensor again = work.tensor(x);
      device().rotate(unscaled, again);
      device().rotateBack(unscaled, again);
      // cos^2 + sin^2 of tables rounded to single is 1 only to single
      double rounding = Tolerances.SINGLE.elementwise();
      Tolerances.assertClose("there and back", work.values(again), x.values(), rounding);
    }
  }

  /** Tables of the usual frequencies, times an attention scaling. */
  static Rotary rotary(Workspace work, int positions, int half, int length, double scaling) {
    PlainMatrix cosine = PlainMatrix.zeros(positions, half);
    PlainMatrix sine = PlainMatrix.zeros(positions, half);
    for (int position = 0; position < positions; position++) {
      for (int d = 0; d < half; d++) {
        double angle = position * Math.pow(10000, -(double) d / half);
        cosine.set(position, d, (float) (scaling * Math.cos(angle)));
        sine.set(position, d, (float) (scaling * Math.sin(angle)));
      }
    }
    return new Rotary(work.tensor(cosine), work.tensor(sine), length);
  }

  /** Random queries, keys and values of a shape. */
  static AttentionInputs inputs(Workspace work, AttentionShape shape) {
    int tokens = shape.sequences() * shape.length();
    int keyWidth = shape.keyValueHeads() * shape.headDimension();
    return new AttentionInputs(
        work.random(tokens, shape.heads() * shape.headDimension(), 1),
        work.random(tokens, keyWidth, 2),
        work.random(tokens, keyWidth, 3));
  }

  private static AttentionShape shape(int[] size) {
    double scale = 1 / Math.sqrt(size[4]);
    int window = size.length > 5 ? Math.max(0, size[5]) : 0;
    boolean causal = size.length < 6 || size[5] >= 0;
    return new AttentionShape(
        size[0],
        size[1],
        size[2],
        size[3],
        size[4],
        scale,
        new AttentionShape.Reach(causal, window),
        0);
  }
}
