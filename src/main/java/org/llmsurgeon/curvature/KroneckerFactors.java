package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * The curvature of one layer, {@code F ~ G (x) A}, as means over tokens (method, section 1). Layers
 * that read the same input may share the tensor {@code a}; so this record closes nothing, and who
 * made the tensors closes them.
 *
 * @param a {@code [in, in]} symmetric, the bias entry last where the layer has one; either
 *     precision
 * @param g {@code [out, out]} symmetric; either precision
 * @param tokens how many the means are over; 0 where no data was needed
 * @param kind what the two are: for {@link CurvatureKind#ACTIVATIONS} {@code g}, for {@link
 *     CurvatureKind#IDENTITY} both are the identity
 * @param inverses where their damped inverses stay
 */
public record KroneckerFactors(
    Tensor a, Tensor g, long tokens, CurvatureKind kind, InverseStore inverses) {
  /** Checks that both are square. */
  public KroneckerFactors {
    checkSquare("A", a);
    checkSquare("G", g);
  }

  /**
   * KFAC factors.
   *
   * @param a mean of {@code a a^T}
   * @param g mean of {@code g g^T}
   * @param tokens how many the means are over
   */
  public KroneckerFactors(Tensor a, Tensor g, long tokens) {
    this(a, g, tokens, CurvatureKind.KFAC);
  }

  /**
   * Factors whose inverses stay nowhere.
   *
   * @param a as above
   * @param g as above
   * @param tokens how many the means are over
   * @param kind what the two are
   */
  public KroneckerFactors(Tensor a, Tensor g, long tokens, CurvatureKind kind) {
    this(a, g, tokens, kind, InverseStore.NONE);
  }

  /**
   * The same factors, whose damped inverses stay somewhere.
   *
   * @param store where; it must know no other factors of layers of the same names
   */
  public KroneckerFactors keptIn(InverseStore store) {
    return new KroneckerFactors(a, g, tokens, kind, store);
  }

  /**
   * The product nearest to the Fisher, or the first one of a sum.
   *
   * @param term both factors of the same norm; taken over
   * @param tokens how many its means are over
   * @param kind which of the two it is
   */
  public static KroneckerFactors nearest(KroneckerTerm term, long tokens, CurvatureKind kind) {
    return new KroneckerFactors(term.a(), term.g(), tokens, kind);
  }

  /**
   * Curvature of the layer's output error: {@code G = I}. It is not balanced, since balancing does
   * not change the product, and layers compete by their raw output errors.
   *
   * @param device where the new tensor is made
   * @param a mean of {@code a a^T}
   * @param outputs rows of the weight
   * @param tokens how many the mean is over
   * @return factors that hold {@code a} itself and a new {@code g}, which the caller owns
   */
  public static KroneckerFactors activations(Device device, Tensor a, int outputs, long tokens) {
    return new KroneckerFactors(
        a, identityMatrix(device, outputs), tokens, CurvatureKind.ACTIVATIONS);
  }

  /**
   * No curvature at all: {@code A = I, G = I}.
   *
   * @param device where the tensors are made; the caller owns them
   * @param outputs rows of the weight
   * @param inputs columns of the weight, the bias counted
   */
  public static KroneckerFactors identity(Device device, int outputs, int inputs) {
    return new KroneckerFactors(
        identityMatrix(device, inputs), identityMatrix(device, outputs), 0, CurvatureKind.IDENTITY);
  }

  /**
   * Frobenius norm of {@code A}.
   *
   * @param device where it lives
   */
  public double normA(Device device) {
    return norm(device, a);
  }

  /**
   * Frobenius norm of {@code G}.
   *
   * @param device where it lives
   */
  public double normG(Device device) {
    return norm(device, g);
  }

  /**
   * The same curvature with both norms equal to {@code sqrt(|A| |G|)}: the product does not change,
   * and both fit single precision best. Where one factor is 0 the product is 0 too, and both stay
   * as they are.
   *
   * @param device where the factors live
   * @return copies of the two tensors, in their precisions; the caller owns them
   */
  public KroneckerFactors balanced(Device device) {
    double ratio = ratio(device);
    KroneckerFactors copies = new KroneckerFactors(copy(device, a), copy(device, g), tokens, kind);
    copies.scale(device, ratio);
    return copies;
  }

  /**
   * As {@link #balanced}, but the tensors themselves are scaled.
   *
   * @param device where the factors live
   */
  public void balance(Device device) {
    scale(device, ratio(device));
  }

  private double ratio(Device device) {
    return ratio(normA(device), normG(device));
  }

  static double ratio(double normA, double normG) {
    if (!Double.isFinite(normA) || !Double.isFinite(normG)) {
      throw new IllegalArgumentException("factors of norms " + normA + " and " + normG);
    }
    return normA > 0 && normG > 0 ? Math.sqrt(normG / normA) : 1;
  }

  private void scale(Device device, double ratio) {
    device.scale(ratio, a);
    device.scale(1 / ratio, g);
  }

  private static Tensor copy(Device device, Tensor from) {
    Tensor to = device.empty(from.precision(), from.rows(), from.columns());
    device.copy(from, to);
    return to;
  }

  private static double norm(Device device, Tensor matrix) {
    double sum = 0;
    for (double each : device.rowDots(matrix, matrix)) {
      sum += each;
    }
    return Math.sqrt(sum);
  }

  private static Tensor identityMatrix(Device device, int size) {
    Tensor matrix = device.zeros(Precision.DOUBLE, size, size);
    device.addDiagonal(matrix, 1);
    return matrix;
  }

  private static void checkSquare(String name, Tensor matrix) {
    if (matrix.rows() != matrix.columns()) {
      throw new IllegalArgumentException(
          name + " is [" + matrix.rows() + ", " + matrix.columns() + "], not square");
    }
  }
}
