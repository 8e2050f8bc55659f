package org.llmsurgeon.compute;

import static org.llmsurgeon.compute.FiniteDifferences.assertGradient;

import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/**
 * Each backward method of the reference device against finite differences of its forward. The loss
 * is {@code sum dOut * out} with a random {@code dOut}, so that its gradient with respect to the
 * output is {@code dOut}.
 */
class BackwardFiniteDifferenceTest {
  private static final int TOKENS = 6;
  private static final int WIDTH = 8;

  private final Device device = new ReferenceDevice();
  private final Workspace work = new Workspace(device, Precision.DOUBLE);
  private final Tensor x = work.random(TOKENS, WIDTH, 1);
  private final Tensor dOut = work.random(TOKENS, WIDTH, 2);
  private final Tensor out = work.blank(TOKENS, WIDTH);

  @AfterEach
  void close() {
    work.close();
    device.close();
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void activations(Activation activation) {
    Tensor dx = work.blank(TOKENS, WIDTH);
    device.activateBackward(activation, x, dOut, dx);
    assertGradient(
        activation + " input", device, x, dx, loss(() -> device.activate(activation, x, out)));
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void gates(Activation activation) {
    Tensor up = work.random(TOKENS, WIDTH, 3);
    Gated in = new Gated(x, up);
    Gated gradients = new Gated(work.blank(TOKENS, WIDTH), work.blank(TOKENS, WIDTH));
    device.gateBackward(activation, in, dOut, gradients);
    DoubleSupplier loss = loss(() -> device.gate(activation, in, out));
    assertGradient(activation + " gate", device, x, gradients.gate(), loss);
    assertGradient(activation + " up", device, up, gradients.up(), loss);
  }

  @ParameterizedTest
  @CsvSource({"LAYER, true", "LAYER, false", "RMS, false"})
  void norms(Norm.Kind kind, boolean biased) {
    Tensor bias = biased ? work.random(1, WIDTH, 4) : null;
    Norm norm = new Norm(kind, work.random(1, WIDTH, 3), bias, 0.01);
    DoubleSupplier loss = loss(() -> device.normalize(norm, x, out));
    Tensor dx = work.zeros(TOKENS, WIDTH);
    device.normalizeBackward(norm, x, dOut, dx);
    assertGradient(kind + " input", device, x, dx, loss);
    Tensor dGain = work.zeros(1, WIDTH);
    Tensor dBias = biased ? work.zeros(1, WIDTH) : null;
    device.normalizeWeightGradients(norm, x, dOut, dGain, dBias);
    assertGradient(kind + " gain", device, norm.gain(), dGain, loss);
    if (biased) {
      assertGradient(kind + " bias", device, bias, dBias, loss);
    }
  }

  @Test
  void rotary() {
    Rotary rotary = AttentionContract.rotary(work, 5, 2, 3, 1.5);
    Tensor dx = work.tensor(work.matrix(dOut));
    device.rotateBack(rotary, dx);
    DoubleSupplier loss =
        loss(
            () -> {
              device.copy(x, out);
              device.rotate(rotary, out);
            });
    assertGradient("rotary input", device, x, dx, loss);
  }

  @ParameterizedTest
  @CsvSource({"1, 6, 4, 4, 2", "2, 3, 4, 2, 2", "3, 2, 4, 1, 2", "1, 6, 1, 1, 8", "6, 1, 2, 1, 4"})
  void attention(int sequences, int length, int heads, int keyValueHeads, int headDimension) {
    attention(new AttentionShape(sequences, length, heads, keyValueHeads, headDimension, 0.8));
    attention(
        new AttentionShape(
            sequences,
            length,
            heads,
            keyValueHeads,
            headDimension,
            0.8,
            new AttentionShape.Reach(false, 0),
            0));
  }

  private void attention(AttentionShape shape) {
    int keyValueHeads = shape.keyValueHeads();
    int headDimension = shape.headDimension();
    int length = shape.length();
    AttentionInputs in = AttentionContract.inputs(work, shape);
    int keyWidth = keyValueHeads * headDimension;
    AttentionInputs gradients =
        new AttentionInputs(
            work.blank(TOKENS, WIDTH), work.blank(TOKENS, keyWidth), work.blank(TOKENS, keyWidth));
    DoubleSupplier loss = loss(() -> device.attention(shape, in, out));
    device.attention(shape, in, out);
    device.attentionBackward(shape, in, out, dOut, gradients);
    assertGradient("values", device, in.values(), gradients.values(), loss);
    if (length > 1) {
      assertGradient("queries", device, in.queries(), gradients.queries(), loss);
      assertGradient("keys", device, in.keys(), gradients.keys(), loss);
    }
  }

  @Test
  void crossEntropy() {
    int[] targets = {3, -1, 0, 7, 7, -1};
    double[] weights = {1, 2, 0.5, -1, 3, 4};
    Tensor dLogits = work.tensor(work.matrix(x));
    device.crossEntropyBackward(dLogits, work.perRow(targets), weights);
    DoubleSupplier loss =
        () -> {
          double[] losses = work.losses(x, targets);
          double sum = 0;
          for (int t = 0; t < TOKENS; t++) {
            sum += weights[t] * losses[t];
          }
          return sum;
        };
    assertGradient("logits", device, x, dLogits, loss);
  }

  @Test
  void embeddings() {
    int[] ids = {4, 0, 4, 1, 4, 3};
    Tensor table = work.random(5, WIDTH, 3);
    Tensor dTable = work.zeros(5, WIDTH);
    device.embedBackward(ids, dOut, dTable);
    assertGradient("table", device, table, dTable, loss(() -> device.embed(table, ids, out)));
  }

  @Test
  void biases() {
    Tensor bias = work.random(1, WIDTH, 3);
    Tensor dBias = work.zeros(1, WIDTH);
    device.addColumnSums(dOut, dBias);
    DoubleSupplier loss =
        loss(
            () -> {
              device.copy(x, out);
              device.addBias(bias, out);
            });
    assertGradient("bias", device, bias, dBias, loss);
  }

  @Test
  void products() {
    Tensor weight = work.random(WIDTH, 3, 3);
    Tensor in = work.random(TOKENS, 3, 4);
    DoubleSupplier loss = loss(() -> device.multiply(1, in, weight.transposed(), 0, out));
    Tensor dWeight = work.blank(WIDTH, 3);
    device.multiply(1, dOut.transposed(), in, 0, dWeight);
    assertGradient("weight", device, weight, dWeight, loss);
    Tensor dIn = work.blank(TOKENS, 3);
    device.multiply(1, dOut, weight, 0, dIn);
    assertGradient("input", device, in, dIn, loss);
  }

  /** {@code sum dOut * out} after a forward that writes {@code out}. */
  private DoubleSupplier loss(Runnable forward) {
    return () -> {
      forward.run();
      double sum = 0;
      for (double row : device.rowDots(dOut, out)) {
        sum += row;
      }
      return sum;
    };
  }
}
