package org.llmsurgeon.curvature;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.accumulate.EigenvalueAccumulator;

/**
 * A damped curvature that is diagonal in a product basis: {@code F^-1 = (P (x) Q) diag(1/s) (P (x)
 * Q)^T}. KFAC is one ({@code P}, {@code Q} eigenvectors, {@code s} products of eigenvalues), EKFAC
 * has the same basis and corrected {@code s}, and a sum of two Kronecker products has the basis of
 * its generalised eigenproblem (method, section 1).
 *
 * <p>Exact here: products, inverse products, the diagonal of both, and so the costs of single
 * weights; also of single rows and columns, since for a row {@code [F^-1]_rr = Q diag_j(sum_i
 * P_ri^2 / s_ij) Q^T} has a plain inverse. What has no closed form is the joint cost of several
 * rows or columns, and of N:M groups: take those of the Kronecker product that is nearest, or that
 * the basis comes from, and let conjugate gradients with the true curvature do the update.
 */
public final class EigenCurvature implements CurvatureOperator, AutoCloseable {
  private final Device device;
  private final TensorScope scope;
  private final Basis outputs;
  private final Basis inputs;
  private final Tensor values;
  private final Tensor inverseValues;
  private final Damping constants;

  /**
   * One side of the basis.
   *
   * @param directions {@code P^T}: rows are directions
   * @param inverse {@code P^-1}; the same tensor where the basis is orthonormal
   */
  private record Basis(Tensor directions, Tensor inverse) {}

  private EigenCurvature(
      TensorScope scope, Basis outputs, Basis inputs, Tensor values, Damping constants) {
    this.device = scope.device();
    this.scope = scope;
    this.outputs = outputs;
    this.inputs = inputs;
    this.values = values;
    this.constants = constants;
    this.inverseValues = scope.empty(Precision.DOUBLE, values.rows(), values.columns());
    map(values, inverseValues, value -> 1 / value);
  }

  /**
   * EKFAC: KFAC's eigenvectors with corrected eigenvalues. Damping adds to each what it adds to the
   * product of KFAC's eigenvalues, {@code d_G mu_j + d_A lambda_i + d_G d_A}; so where nothing had
   * to be corrected this is KFAC.
   *
   * @param device where everything lives
   * @param layer name of the layer, for messages
   * @param basis eigenvectors and eigenvalues; copied
   * @param corrected {@code s}, {@code [out, in]}, as an {@link EigenvalueAccumulator} in this
   *     basis gives it; either precision; copied
   * @param damping relative damping of the two factors
   * @throws NotPositiveDefiniteException if a value is not positive even so
   */
  public static EigenCurvature ekfac(
      Device device, String layer, EigenBasis basis, Tensor corrected, Damping damping) {
    double[] lambda = basis.valuesG();
    double[] mu = basis.valuesA();
    if (corrected.rows() != lambda.length || corrected.columns() != mu.length) {
      throw new IllegalArgumentException(
          "eigenvalues ["
              + corrected.rows()
              + ", "
              + corrected.columns()
              + "] in a basis of "
              + lambda.length
              + " by "
              + mu.length);
    }
    double dampingG = damping.g() * Arrays.stream(lambda).average().orElse(0);
    double dampingA = damping.a() * Arrays.stream(mu).average().orElse(0);
    TensorScope scope = new TensorScope(device);
    try {
      Tensor values = scope.empty(Precision.DOUBLE, lambda.length, mu.length);
      Rows.map(
          device,
          corrected,
          values,
          (i, row) -> {
            for (int j = 0; j < row.length; j++) {
              row[j] += dampingG * mu[j] + dampingA * lambda[i] + dampingG * dampingA;
            }
          });
      Tensor g = copy(scope, basis.g());
      Tensor a = copy(scope, basis.a());
      checkPositive(device, layer, values, dampingG * dampingA);
      return new EigenCurvature(
          scope, new Basis(g, g), new Basis(a, a), values, new Damping(dampingG, dampingA));
    } catch (RuntimeException failure) {
      scope.close();
      throw failure;
    }
  }

  /**
   * The sum of two Kronecker products, the first one damped: {@code (G_0 + d_G I) (x) (A_0 + d_A I)
   * + G_1 (x) A_1}. The second may be indefinite; where that makes the sum so, damping rises by the
   * ladder. Time: about two symmetric eigenproblems and ten products for each side.
   *
   * @param device where everything lives
   * @param layer name of the layer, for messages
   * @param first positive semi-definite
   * @param second symmetric
   * @param damping relative to the mean diagonals of the first term
   * @throws NotPositiveDefiniteException if the last step of the ladder does not make the sum
   *     positive definite
   */
  public static EigenCurvature kroneckerSum(
      Device device, String layer, KroneckerTerm first, KroneckerTerm second, Damping damping) {
    Damping constants =
        new Damping(
            DampedInverse.constant(device.diagonal(first.g()), damping.g()),
            DampedInverse.constant(device.diagonal(first.a()), damping.a()));
    DampingLadder ladder = DampingLadder.DEFAULT;
    for (int retry = 0; ; retry++) {
      try {
        return attempt(device, layer, first, second, constants);
      } catch (NotPositiveDefiniteException failure) {
        if (retry == ladder.retries() || constants.g() + constants.a() == 0) {
          throw failure;
        }
        constants = new Damping(constants.g() * ladder.step(), constants.a() * ladder.step());
      }
    }
  }

  /** One attempt; the damping is what is added to the diagonals. */
  private static EigenCurvature attempt(
      Device device, String layer, KroneckerTerm first, KroneckerTerm second, Damping constants) {
    TensorScope scope = new TensorScope(device);
    try {
      Pencil g = Pencil.of(scope, "G of " + layer, first.g(), constants.g(), second.g());
      Pencil a = Pencil.of(scope, "A of " + layer, first.a(), constants.a(), second.a());
      int columns = a.values().length;
      double[] sums = new double[g.values().length * columns];
      for (int i = 0; i < sums.length; i++) {
        sums[i] = 1 + g.values()[i / columns] * a.values()[i % columns];
      }
      Tensor values = scope.own(device.tensor(Precision.DOUBLE, g.values().length, columns, sums));
      checkPositive(device, layer, values, constants.g() * constants.a());
      return new EigenCurvature(
          scope,
          new Basis(g.directions(), g.inverse()),
          new Basis(a.directions(), a.inverse()),
          values,
          constants);
    } catch (RuntimeException failure) {
      scope.close();
      throw failure;
    }
  }

  private static Tensor copy(TensorScope scope, Tensor from) {
    Tensor to = scope.empty(Precision.DOUBLE, from.rows(), from.columns());
    scope.device().copy(from, to);
    return to;
  }

  private static void checkPositive(Device device, String layer, Tensor values, double damping) {
    Rows.each(
        device,
        values,
        (i, row) -> {
          for (double value : row) {
            if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
              throw new NotPositiveDefiniteException("The curvature of " + layer, i, row, damping);
            }
          }
        });
  }

  /** What damping added to the diagonals of {@code G} and {@code A}, raised where it had to be. */
  public Damping dampingConstants() {
    return constants;
  }

  /** Rows of the weight. */
  public int outputs() {
    return values.rows();
  }

  /** Columns of the weight, the bias counted. */
  public int inputs() {
    return values.columns();
  }

  @Override
  public void times(Tensor x, Tensor into) {
    rotate(outputs.inverse(), inputs.inverse(), values, x, into);
  }

  @Override
  public void solve(Tensor x, Tensor into) {
    rotate(outputs.directions(), inputs.directions(), inverseValues, x, into);
  }

  /** {@code into = L^T (factors * (L x R^T)) R}. */
  private void rotate(Tensor left, Tensor right, Tensor factors, Tensor x, Tensor into) {
    try (Tensor half = device.empty(Precision.DOUBLE, x.rows(), x.columns())) {
      device.multiply(1, left, x, 0, half);
      device.multiply(1, half, right.transposed(), 0, into);
      device.multiplyElements(factors, into);
      device.multiply(1, left.transposed(), into, 0, half);
      device.multiply(1, half, right, 0, into);
    }
  }

  /**
   * Diagonal of {@code F}, damping included.
   *
   * @return {@code [out, in]}, owned by the caller
   */
  public Tensor diagonal() {
    return squares(outputs.inverse(), inputs.inverse(), values);
  }

  /**
   * Curvature along single weights where the others adapt: {@code 1 / [F^-1]_rc,rc}.
   *
   * @return {@code [out, in]}, owned by the caller
   */
  public Tensor elementCurvature() {
    Tensor diagonal = squares(outputs.directions(), inputs.directions(), inverseValues);
    map(diagonal, diagonal, value -> 1 / value);
    return diagonal;
  }

  /** {@code (L * L)^T factors (R * R)}. */
  private Tensor squares(Tensor left, Tensor right, Tensor factors) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor half = work.empty(Precision.DOUBLE, outputs(), inputs());
      device.multiply(1, squared(work, left).transposed(), factors, 0, half);
      Tensor result = work.empty(Precision.DOUBLE, outputs(), inputs());
      device.multiply(1, half, squared(work, right), 0, result);
      return work.release(result);
    }
  }

  private Tensor squared(TensorScope work, Tensor matrix) {
    Tensor squared = copy(work, matrix);
    device.multiplyElements(matrix, squared);
    return squared;
  }

  /**
   * What removing each row alone adds to the loss if the rest adapts: {@code 1/2 sum_j (Q^-1
   * w_r)_j^2 / sum_i (P_ri^2 / s_ij)}, exact, damping included.
   *
   * @param weight {@code [out, in]}, double
   */
  public double[] rowCosts(Tensor weight) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor along = work.empty(Precision.DOUBLE, outputs(), inputs());
      device.multiply(1, weight, inputs.inverse().transposed(), 0, along);
      Tensor spread = work.empty(Precision.DOUBLE, outputs(), inputs());
      device.multiply(
          1, squared(work, outputs.directions()).transposed(), inverseValues, 0, spread);
      return half(device.rowDots(along, quotient(along, spread)));
    }
  }

  /**
   * What removing each column alone adds to the loss if the rest adapts, exact, damping included.
   *
   * @param weight {@code [out, in]}, double
   */
  public double[] columnCosts(Tensor weight) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor along = work.empty(Precision.DOUBLE, outputs(), inputs());
      device.multiply(1, outputs.inverse(), weight, 0, along);
      Tensor spread = work.empty(Precision.DOUBLE, outputs(), inputs());
      device.multiply(1, inverseValues, squared(work, inputs.directions()), 0, spread);
      return half(device.columnDots(along, quotient(along, spread)));
    }
  }

  /** {@code x / y}, in place of {@code y}. */
  private Tensor quotient(Tensor x, Tensor y) {
    map(y, y, value -> 1 / value);
    device.multiplyElements(x, y);
    return y;
  }

  private static double[] half(double[] forms) {
    return Arrays.stream(forms).map(form -> 0.5 * form).toArray();
  }

  private void map(Tensor from, Tensor to, DoubleUnaryOperator function) {
    Rows.map(
        device,
        from,
        to,
        (i, row) -> {
          for (int j = 0; j < row.length; j++) {
            row[j] = function.applyAsDouble(row[j]);
          }
        });
  }

  @Override
  public void close() {
    scope.close();
  }
}
