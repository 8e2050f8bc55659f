package org.llmsurgeon.compute.cpu;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The cpu device against N-dimensional arithmetic of another library: the same formulas over whole
 * arrays {@code [sequences, heads, length, dimension]} in double, without loops of ours.
 */
class NdArrayReferenceTest {
  private static final CpuDevice DEVICE = CpuDevice.create();
  private static final int SEQUENCES = 2;
  private static final int LENGTH = 7;
  private static final int KEYS = 2;
  private static final int SHARING = 3;
  private static final int HEADS = KEYS * SHARING;
  private static final int DIMENSION = 4;
  private static final int TOKENS = SEQUENCES * LENGTH;

  private final Random random = new Random(11);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private CpuTensor draw(TensorScope scope, int rows, int columns) {
    double[] values = random.doubles((long) rows * columns, -2, 2).map(x -> (float) x).toArray();
    CpuTensor tensor = (CpuTensor) scope.empty(Precision.SINGLE, rows, columns);
    DEVICE.upload(values, 0, tensor, 0, values.length);
    return tensor;
  }

  /** The values of a tensor in double, over the tensor's own memory until they are cast. */
  private static INDArray exact(CpuTensor tensor, long... shape) {
    return tensor.array().castTo(DataType.DOUBLE).reshape(shape);
  }

  private static void close(String what, CpuTensor actual, INDArray expected, double tolerance) {
    Tolerances.assertClose(
        what, DEVICE.values(actual), expected.dup('c').data().asDouble(), tolerance);
  }

  @Test
  void attentionIsThatOfFourDimensionalArrays() {
    try (TensorScope scope = new TensorScope(DEVICE)) {
      CpuTensor q = draw(scope, TOKENS, HEADS * DIMENSION);
      CpuTensor k = draw(scope, TOKENS, KEYS * DIMENSION);
      CpuTensor v = draw(scope, TOKENS, KEYS * DIMENSION);
      CpuTensor out = (CpuTensor) scope.empty(Precision.SINGLE, TOKENS, HEADS * DIMENSION);
      double scale = 1 / Math.sqrt(DIMENSION);
      DEVICE.attention(
          new AttentionShape(SEQUENCES, LENGTH, HEADS, KEYS, DIMENSION, scale),
          new AttentionInputs(q, k, v),
          out);
      INDArray queries = byHead(exact(q, SEQUENCES, LENGTH, HEADS, DIMENSION));
      INDArray keys = shared(byHead(exact(k, SEQUENCES, LENGTH, KEYS, DIMENSION)));
      INDArray values = shared(byHead(exact(v, SEQUENCES, LENGTH, KEYS, DIMENSION)));
      INDArray scores = Nd4j.matmul(queries, keys.permute(0, 1, 3, 2).dup('c')).mul(scale);
      INDArray probabilities = softmax(scores.add(causal()));
      INDArray expected = Nd4j.matmul(probabilities, values).permute(0, 2, 1, 3);
      close("attention", out, expected, Tolerances.SINGLE.product());
    }
  }

  private static INDArray byHead(INDArray tokens) {
    return tokens.permute(0, 2, 1, 3).dup('c');
  }

  /** Each key or value head once for every query head that reads it. */
  private static INDArray shared(INDArray heads) {
    return heads
        .reshape(SEQUENCES, KEYS, 1, LENGTH, DIMENSION)
        .broadcast(SEQUENCES, KEYS, SHARING, LENGTH, DIMENSION)
        .dup('c')
        .reshape(SEQUENCES, HEADS, LENGTH, DIMENSION);
  }

  /** 0 for keys that a query sees, as good as minus infinity for others. */
  private static INDArray causal() {
    INDArray places = Nd4j.arange(LENGTH).castTo(DataType.DOUBLE);
    INDArray keys = places.reshape(1, LENGTH).broadcast(LENGTH, LENGTH);
    INDArray queries = places.reshape(LENGTH, 1).broadcast(LENGTH, LENGTH);
    INDArray hidden = keys.gt(queries).castTo(DataType.DOUBLE).mul(-1e9);
    return hidden.reshape(1, 1, LENGTH, LENGTH).broadcast(SEQUENCES, HEADS, LENGTH, LENGTH);
  }

  private static INDArray softmax(INDArray scores) {
    INDArray most = scores.max(true, 3).broadcast(scores.shape());
    INDArray powers = Transforms.exp(scores.sub(most));
    return powers.div(powers.sum(true, 3).broadcast(scores.shape()));
  }

  @Test
  void normsAreThoseOfWholeArrays() {
    try (TensorScope scope = new TensorScope(DEVICE)) {
      int width = 10;
      CpuTensor x = draw(scope, TOKENS, width);
      CpuTensor gain = draw(scope, 1, width);
      CpuTensor bias = draw(scope, 1, width);
      CpuTensor out = (CpuTensor) scope.empty(Precision.SINGLE, TOKENS, width);
      DEVICE.normalize(new Norm(Norm.Kind.LAYER, gain, bias, 1e-5), x, out);
      INDArray rows = exact(x, TOKENS, width);
      INDArray centred = rows.subColumnVector(rows.mean(true, 1));
      close(
          "layer norm",
          out,
          scaled(centred, gain, 1e-5).addRowVector(exact(bias, 1, width)),
          Tolerances.SINGLE.elementwise());
      DEVICE.normalize(new Norm(Norm.Kind.RMS, gain, null, 1e-5), x, out);
      close("rms norm", out, scaled(rows, gain, 1e-5), Tolerances.SINGLE.elementwise());
    }
  }

  private static INDArray scaled(INDArray rows, CpuTensor gain, double epsilon) {
    INDArray size = Transforms.sqrt(rows.mul(rows).mean(true, 1).add(epsilon));
    return rows.divColumnVector(size).mulRowVector(exact(gain, 1, rows.columns()));
  }

  @Test
  void gatedProductsAreThoseOfWholeArrays() {
    try (TensorScope scope = new TensorScope(DEVICE)) {
      CpuTensor gate = draw(scope, TOKENS, 9);
      CpuTensor up = draw(scope, TOKENS, 9);
      CpuTensor out = (CpuTensor) scope.empty(Precision.SINGLE, TOKENS, 9);
      DEVICE.gate(Activation.SILU, new Gated(gate, up), out);
      INDArray z = exact(gate, TOKENS, 9);
      INDArray expected = z.mul(Transforms.sigmoid(z)).mul(exact(up, TOKENS, 9));
      close("gate", out, expected, Tolerances.SINGLE.elementwise());
    }
  }

  /** Sums of outer products, summed over a third dimension. */
  @Test
  void gramsAreSumsOverTheTokensOfOuterProducts() {
    try (TensorScope scope = new TensorScope(DEVICE)) {
      int n = 6;
      CpuTensor x = draw(scope, TOKENS, n);
      CpuTensor c = (CpuTensor) scope.own(DEVICE.zeros(Precision.SINGLE, n, n));
      DEVICE.gram(0.5, x, 0, c);
      DEVICE.mirror(c);
      INDArray left = exact(x, TOKENS, n, 1).broadcast(TOKENS, n, n);
      INDArray right = exact(x, TOKENS, 1, n).broadcast(TOKENS, n, n);
      close("gram", c, left.mul(right).sum(0).mul(0.5), Tolerances.SINGLE.product());
    }
  }
}
