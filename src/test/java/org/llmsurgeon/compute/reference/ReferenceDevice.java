package org.llmsurgeon.compute.reference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/**
 * The device that says what is right: plain loops in double, one after the other, exactly as the
 * formulas stand. All tests of other devices compare with it.
 *
 * <p>A tensor keeps doubles whatever its declared {@link Precision}, and nothing is ever rounded to
 * single: finite differences of whole networks are exact to about 1e-9. Tensors are limited to 2^31
 * - 1 elements. Outputs that overlap inputs where the interface does not allow it are refused,
 * which other devices need not do.
 */
public final class ReferenceDevice implements Device {
  /** Makes a device; it holds nothing of its own. */
  public ReferenceDevice() {}

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Tensor zeros(Precision precision, int rows, int columns) {
    return ReferenceTensor.zeros(precision, rows, columns);
  }

  /** {@inheritDoc} Here they are NaN, so that reading them before writing shows. */
  @Override
  public Tensor empty(Precision precision, int rows, int columns) {
    ReferenceTensor tensor = ReferenceTensor.zeros(precision, rows, columns);
    tensor.fill(Double.NaN);
    return tensor;
  }

  /** {@inheritDoc} Here always with a copy, and the memory need not be direct. */
  @Override
  public Tensor wrap(ByteBuffer floats, int rows, int columns, Runnable release) {
    ReferenceTensor tensor = ReferenceTensor.zeros(Precision.SINGLE, rows, columns);
    ByteBuffer source = floats.slice().order(ByteOrder.LITTLE_ENDIAN);
    ShapeChecks.range("the buffer", 0, 4 * tensor.size(), source.remaining());
    for (long i = 0; i < tensor.size(); i++) {
      tensor.set(i, source.getFloat());
    }
    release.run();
    return tensor;
  }

  @Override
  public void upload(float[] values, int offset, Tensor target, long at, int count) {
    ReferenceTensor tensor = checked(target, at, count, offset, values.length);
    for (int i = 0; i < count; i++) {
      tensor.set(at + i, values[offset + i]);
    }
  }

  @Override
  public void upload(double[] values, int offset, Tensor target, long at, int count) {
    ReferenceTensor tensor = checked(target, at, count, offset, values.length);
    for (int i = 0; i < count; i++) {
      tensor.set(at + i, values[offset + i]);
    }
  }

  @Override
  public void download(Tensor source, long at, float[] values, int offset, int count) {
    ReferenceTensor tensor = checked(source, at, count, offset, values.length);
    for (int i = 0; i < count; i++) {
      values[offset + i] = (float) tensor.at(at + i);
    }
  }

  @Override
  public void download(Tensor source, long at, double[] values, int offset, int count) {
    ReferenceTensor tensor = checked(source, at, count, offset, values.length);
    for (int i = 0; i < count; i++) {
      values[offset + i] = tensor.at(at + i);
    }
  }

  private static ReferenceTensor checked(
      Tensor tensor, long at, int count, int offset, int arrayLength) {
    ReferenceTensor reference = ReferenceTensor.of(tensor);
    ShapeChecks.range("the tensor " + reference, at, count, reference.size());
    ShapeChecks.range("the array", offset, count, arrayLength);
    return reference;
  }

  /** {@inheritDoc} Here nothing is rounded. */
  @Override
  public void copy(Tensor from, Tensor to) {
    ReferenceTensor source = ReferenceTensor.of(from);
    ReferenceTensor target = ReferenceTensor.of(to);
    ShapeChecks.sameShape("from", from, "to", to);
    target.mustNotOverlap(source);
    for (long i = 0; i < source.size(); i++) {
      target.set(i, source.at(i));
    }
  }

  /** Nothing to give back: closed tensors are the garbage collector's. */
  @Override
  public void close() {}

  @Override
  public void multiply(double alpha, Operand a, Operand b, double beta, Tensor c) {
    ReferenceLinearAlgebra.multiply(alpha, a, b, beta, c);
  }

  @Override
  public void gram(double alpha, Tensor x, double beta, Tensor c) {
    ReferenceLinearAlgebra.gram(alpha, x, beta, c);
  }

  @Override
  public void addGramPacked(double alpha, Tensor x, Tensor packed) {
    ReferenceLinearAlgebra.addGramPacked(alpha, x, packed);
  }

  @Override
  public void addProductPacked(double alpha, Tensor x, Tensor y, Tensor packed) {
    ReferenceLinearAlgebra.addProductPacked(alpha, x, y, packed);
  }

  @Override
  public void mirror(Tensor a) {
    ReferenceLinearAlgebra.mirror(a);
  }

  @Override
  public void unpack(Tensor packed, Tensor full) {
    ReferenceLinearAlgebra.unpack(packed, full);
  }

  @Override
  public void pack(Tensor full, Tensor packed) {
    ReferenceLinearAlgebra.pack(full, packed);
  }

  @Override
  public int cholesky(Tensor a) {
    return ReferenceFactorizations.cholesky(a);
  }

  @Override
  public void inverseFromCholesky(Tensor l) {
    ReferenceFactorizations.inverseFromCholesky(l);
  }

  @Override
  public void solveTriangular(Tensor l, boolean transposed, Tensor b) {
    ReferenceFactorizations.solveTriangular(l, transposed, b);
  }

  @Override
  public void solveCholesky(Tensor l, Tensor b) {
    ReferenceFactorizations.solveCholesky(l, b);
  }

  @Override
  public double[] eigen(Tensor a) {
    return ReferenceFactorizations.eigen(a);
  }

  @Override
  public void add(double alpha, Tensor x, Tensor y) {
    ReferenceLinearAlgebra.add(alpha, x, y);
  }

  @Override
  public void scale(double alpha, Tensor x) {
    ReferenceLinearAlgebra.scale(alpha, x);
  }

  @Override
  public void multiplyElements(Tensor x, Tensor y) {
    ReferenceLinearAlgebra.multiplyElements(x, y);
  }

  @Override
  public void addDiagonal(Tensor a, double value) {
    ReferenceLinearAlgebra.addDiagonal(a, value);
  }

  @Override
  public double[] diagonal(Tensor a) {
    return ReferenceLinearAlgebra.diagonal(a);
  }

  @Override
  public void rowDots(Tensor x, Tensor y, Tensor dots) {
    ReferenceLinearAlgebra.rowDots(x, y, dots);
  }

  @Override
  public double[] columnDots(Tensor x, Tensor y) {
    return ReferenceLinearAlgebra.columnDots(x, y);
  }

  @Override
  public long firstNonFinite(Tensor x) {
    return ReferenceLinearAlgebra.firstNonFinite(x);
  }

  @Override
  public void gather(Tensor from, int[] rows, int[] columns, Tensor to) {
    ReferenceLinearAlgebra.gather(from, rows, columns, to);
  }

  @Override
  public void scatter(Tensor from, int[] rows, int[] columns, Tensor to) {
    ReferenceLinearAlgebra.scatter(from, rows, columns, to);
  }

  @Override
  public void embed(Tensor table, int[] ids, Tensor out) {
    ReferenceTokens.embed(table, ids, out);
  }

  @Override
  public void embedBackward(int[] ids, Tensor dOut, Tensor dTable) {
    ReferenceTokens.embedBackward(ids, dOut, dTable);
  }

  @Override
  public void addBias(Tensor bias, Tensor x) {
    ReferenceTokens.addBias(bias, x);
  }

  @Override
  public void addColumnSums(Tensor x, Tensor sums) {
    ReferenceTokens.addColumnSums(x, sums);
  }

  @Override
  public void normalize(Norm norm, Tensor x, Tensor out) {
    ReferenceNorms.normalize(norm, x, out);
  }

  @Override
  public void normalizeBackward(Norm norm, Tensor x, Tensor dOut, Tensor dx) {
    ReferenceNorms.normalizeBackward(norm, x, dOut, dx);
  }

  @Override
  public void normalizeWeightGradients(
      Norm norm, Tensor x, Tensor dOut, Tensor dGain, Tensor dBias) {
    ReferenceNorms.normalizeWeightGradients(norm, x, dOut, dGain, dBias);
  }

  @Override
  public void activate(Activation activation, Tensor x, Tensor out) {
    ReferenceActivations.activate(activation, x, out);
  }

  @Override
  public void activateBackward(Activation activation, Tensor x, Tensor dOut, Tensor dx) {
    ReferenceActivations.activateBackward(activation, x, dOut, dx);
  }

  @Override
  public void gate(Activation activation, Gated in, Tensor out) {
    ReferenceActivations.gate(activation, in, out);
  }

  @Override
  public void gateBackward(Activation activation, Gated in, Tensor dOut, Gated gradients) {
    ReferenceActivations.gateBackward(activation, in, dOut, gradients);
  }

  @Override
  public void rotate(Rotary rotary, Tensor x) {
    ReferenceAttention.rotate(rotary, x, 1);
  }

  @Override
  public void rotateBack(Rotary rotary, Tensor x) {
    ReferenceAttention.rotate(rotary, x, -1);
  }

  @Override
  public void attention(AttentionShape shape, AttentionInputs in, Tensor out) {
    ReferenceAttention.attention(shape, in, out);
  }

  @Override
  public void attentionBackward(
      AttentionShape shape,
      AttentionInputs in,
      Tensor out,
      Tensor dOut,
      AttentionInputs gradients) {
    ReferenceAttention.attentionBackward(shape, in, out, dOut, gradients);
  }

  @Override
  public void crossEntropy(Tensor logits, int[] targets, Tensor losses) {
    ReferenceTokens.crossEntropy(logits, targets, losses);
  }

  @Override
  public void crossEntropyBackward(Tensor logits, Tensor goals, double[] weights) {
    ReferenceTokens.crossEntropyBackward(logits, goals, weights);
  }
}
