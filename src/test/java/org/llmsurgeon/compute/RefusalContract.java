package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls whose shapes, precisions or indices do not fit are refused before anything is written. */
interface RefusalContract extends DeviceUnderTest {
  @ParameterizedTest
  @EnumSource(Precision.class)
  default void linearAlgebraRefusesShapesThatDoNotFit(Precision precision) {
    try (Workspace work = workspace(precision)) {
      Device device = device();
      Tensor square = work.zeros(3, 3);
      Tensor wide = work.zeros(3, 4);
      Tensor row = work.zeros(1, 6);
      int[] three = {0, 1, 2};
      Map<String, Runnable> calls = new LinkedHashMap<>();
      calls.put("multiply, inner", () -> device.multiply(1, wide, wide, 0, square));
      calls.put("multiply, outer", () -> device.multiply(1, wide, wide.transposed(), 0, wide));
      calls.put("gram", () -> device.gram(1, wide, 0, work.zeros(3, 3)));
      calls.put("addGramPacked", () -> device.addGramPacked(1, wide, row));
      calls.put("addProductPacked", () -> device.addProductPacked(1, square, wide, row));
      calls.put("addProductPacked, sum", () -> device.addProductPacked(1, wide, wide, row));
      calls.put("mirror", () -> device.mirror(wide));
      calls.put("unpack", () -> device.unpack(row, work.zeros(4, 4)));
      calls.put("pack", () -> device.pack(work.zeros(4, 4), row));
      calls.put("cholesky", () -> device.cholesky(wide));
      calls.put("inverseFromCholesky", () -> device.inverseFromCholesky(wide));
      calls.put("solveTriangular", () -> device.solveTriangular(square, true, work.zeros(4, 3)));
      calls.put("solveTriangular, l", () -> device.solveTriangular(wide, false, work.zeros(3, 3)));
      calls.put("solveCholesky", () -> device.solveCholesky(square, work.zeros(4, 3)));
      calls.put("eigen", () -> device.eigen(wide));
      calls.put("add", () -> device.add(1, square, wide));
      calls.put("multiplyElements", () -> device.multiplyElements(square, wide));
      calls.put("addDiagonal", () -> device.addDiagonal(wide, 1));
      calls.put("diagonal", () -> device.diagonal(wide));
      calls.put("rowDots", () -> device.rowDots(square, wide));
      calls.put("columnDots", () -> device.columnDots(square, wide));
      calls.put("copy", () -> device.copy(square, wide));
      calls.put("gather", () -> device.gather(wide, three, null, square));
      calls.put(
          "gather, low", () -> device.gather(wide, new int[] {-1, 0, 1}, null, work.zeros(3, 4)));
      calls.put("gather, high", () -> device.gather(wide, null, new int[] {1, 2, 4}, square));
      calls.put("scatter", () -> device.scatter(square, three, null, wide));
      calls.put("scatter, high", () -> device.scatter(square, null, new int[] {1, 2, 4}, wide));
      calls.put("tensor", () -> device.tensor(precision, 2, 2, 1, 2, 3));
      assertRefused(calls);
    }
  }

  @Test
  default void linearAlgebraRefusesMixedPrecisions() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Device device = device();
      Tensor single = work.zeros(3, 3);
      Tensor twice = work.tensor(Precision.DOUBLE, PlainMatrix.identity(3));
      Map<String, Runnable> calls = new LinkedHashMap<>();
      calls.put("multiply", () -> device.multiply(1, single, twice, 0, work.zeros(3, 3)));
      calls.put("multiply, c", () -> device.multiply(1, single, work.zeros(3, 3), 0, twice));
      calls.put("gram", () -> device.gram(1, single, 0, twice));
      calls.put("solveTriangular", () -> device.solveTriangular(twice, false, single));
      calls.put("solveCholesky", () -> device.solveCholesky(twice, single));
      calls.put("multiplyElements", () -> device.multiplyElements(single, twice));
      calls.put("rowDots", () -> device.rowDots(single, twice));
      calls.put("columnDots", () -> device.columnDots(single, twice));
      calls.put("gather", () -> device.gather(single, null, null, twice));
      calls.put("scatter", () -> device.scatter(single, null, null, twice));
      assertRefused(calls);
    }
  }

  @Test
  default void layersRefuseShapesThatDoNotFit() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Device device = device();
      Tensor x = work.zeros(3, 4);
      Tensor other = work.zeros(3, 5);
      Tensor row = work.zeros(1, 5);
      Tensor gain = work.zeros(1, 4);
      Norm norm = new Norm(Norm.Kind.LAYER, gain, gain, 1);
      Norm wrong = new Norm(Norm.Kind.RMS, row, null, 1);
      Norm wrongBias = new Norm(Norm.Kind.LAYER, gain, row, 1);
      Activation silu = Activation.SILU;
      int[] ids = {0, 1, 2};
      Map<String, Runnable> calls = new LinkedHashMap<>();
      calls.put("embed, width", () -> device.embed(other, ids, x));
      calls.put("embed, tokens", () -> device.embed(work.zeros(9, 4), new int[2], x));
      calls.put("embed, id", () -> device.embed(work.zeros(2, 4), ids, x));
      calls.put("embedBackward", () -> device.embedBackward(ids, x, other));
      calls.put(
          "embedBackward, id",
          () -> device.embedBackward(new int[] {0, -1, 0}, x, work.zeros(2, 4)));
      calls.put("addBias", () -> device.addBias(row, x));
      calls.put("addColumnSums", () -> device.addColumnSums(x, row));
      calls.put("normalize, out", () -> device.normalize(norm, x, other));
      calls.put("normalize, gain", () -> device.normalize(wrong, x, work.zeros(3, 4)));
      calls.put("normalize, bias", () -> device.normalize(wrongBias, x, work.zeros(3, 4)));
      calls.put(
          "normalizeBackward", () -> device.normalizeBackward(norm, x, other, work.zeros(3, 4)));
      calls.put(
          "normalizeWeightGradients",
          () -> device.normalizeWeightGradients(norm, x, x, row, work.zeros(1, 4)));
      calls.put("activate", () -> device.activate(silu, x, other));
      calls.put(
          "activateBackward", () -> device.activateBackward(silu, x, other, work.zeros(3, 4)));
      calls.put("gate", () -> device.gate(silu, new Gated(x, other), work.zeros(3, 4)));
      calls.put(
          "gateBackward",
          () -> device.gateBackward(silu, new Gated(x, x), x, new Gated(other, work.zeros(3, 4))));
      assertRefused(calls);
    }
  }

  @Test
  default void attentionAndLossesRefuseShapesThatDoNotFit() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Device device = device();
      AttentionShape shape = new AttentionShape(2, 3, 4, 2, 2, 1);
      AttentionShape uneven = new AttentionShape(2, 3, 4, 3, 2, 1);
      Tensor full = work.zeros(6, 8);
      Tensor half = work.zeros(6, 4);
      AttentionInputs in = new AttentionInputs(full, half, half);
      AttentionInputs wide = new AttentionInputs(full, full, half);
      AttentionInputs three = new AttentionInputs(full, work.zeros(6, 6), work.zeros(6, 6));
      Rotary rotary = new Rotary(work.zeros(3, 2), work.zeros(3, 2), 3);
      Rotary unlike = new Rotary(work.zeros(3, 2), work.zeros(3, 1), 3);
      Rotary tooLong = new Rotary(work.zeros(3, 2), work.zeros(3, 2), 4);
      Map<String, Runnable> calls = new LinkedHashMap<>();
      calls.put("attention, keys", () -> device.attention(shape, wide, work.zeros(6, 8)));
      calls.put("attention, out", () -> device.attention(shape, in, work.zeros(6, 4)));
      calls.put("attention, heads", () -> device.attention(uneven, three, work.zeros(6, 8)));
      calls.put(
          "attentionBackward, gradients",
          () -> device.attentionBackward(shape, in, full, work.zeros(6, 8), wide));
      calls.put(
          "attentionBackward, dOut",
          () -> device.attentionBackward(shape, in, full, half, gradients(work)));
      calls.put("rotate, heads", () -> device.rotate(rotary, work.zeros(3, 6)));
      calls.put("rotate, tables", () -> device.rotate(unlike, work.zeros(3, 8)));
      calls.put("rotateBack, length", () -> device.rotateBack(tooLong, work.zeros(3, 8)));
      Tensor five = work.perRow(new double[5]);
      Tensor six = work.perRow(new double[6]);
      calls.put("crossEntropy", () -> device.crossEntropy(half, new int[5], six));
      calls.put("crossEntropy, losses", () -> device.crossEntropy(half, new int[6], five));
      calls.put(
          "crossEntropy, single losses",
          () -> device.crossEntropy(half, new int[6], work.zeros(6, 1)));
      calls.put(
          "crossEntropy, target",
          () -> device.crossEntropy(half, new int[] {0, 0, 4, 0, 0, 0}, six));
      calls.put(
          "crossEntropyBackward", () -> device.crossEntropyBackward(half, six, new double[5]));
      calls.put(
          "crossEntropyBackward, goals",
          () -> device.crossEntropyBackward(half, five, new double[6]));
      calls.put("sample", () -> device.sample(half, new double[6], five));
      assertRefused(calls);
    }
  }

  private static AttentionInputs gradients(Workspace work) {
    return new AttentionInputs(work.zeros(6, 8), work.zeros(6, 4), work.zeros(6, 4));
  }

  private static void assertRefused(Map<String, Runnable> calls) {
    calls.forEach(
        (name, call) ->
            assertThatThrownBy(call::run)
                .as(name)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("(?s).+"));
  }
}
