package org.llmsurgeon.curvature;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.accumulate.WeightedAccumulator;

/**
 * What lies between two passes of the power iteration that finds the product {@code G (x) A}
 * nearest to a layer's Fisher in the Frobenius norm, or to what earlier terms leave of it (method,
 * section 1; Van Loan and Pitsianis): the leading singular pair of the rearranged Fisher {@code
 * mean_t vec(g g^T) vec(a a^T)^T}, which is never formed. Each half step is one pass over the data
 * with a {@link WeightedAccumulator}, over earlier terms {@code r}:
 *
 * <pre>
 * G &lt;- mean_t (a^T A_hat a) g g^T - sum_r &lt;A_r, A_hat&gt; G_r,   G_hat = G / |G|
 * A &lt;- mean_t (g^T G_hat g) a a^T - sum_r &lt;G_r, G_hat&gt; A_r,   A_hat = A / |A|
 * </pre>
 *
 * <p>Unlike KFAC's, this {@code A} belongs to one layer: those that read the same input do not
 * share it.
 */
public final class KroneckerStep {
  private KroneckerStep() {}

  /**
   * Where the power iteration of a later term starts: {@code diag cos(pi (term - 1) (i + 1/2) /
   * n)}, the identity for the first of them, and another one for each. From the same start two
   * terms would be one: what the first explains of it is all that there is.
   *
   * @param device where it is made
   * @param size {@code n}
   * @param term from 1
   * @return in single precision, owned by the caller
   */
  public static Tensor start(Device device, int size, int term) {
    Tensor start = device.zeros(Precision.SINGLE, size, size);
    double[] one = new double[1];
    for (int i = 0; i < size; i++) {
      one[0] = Math.cos(Math.PI * (term - 1) * (i + 0.5) / size);
      device.upload(one, 0, start, (long) i * size + i, 1);
    }
    return start;
  }

  /**
   * Divides by the Frobenius norm; 0 stays 0.
   *
   * @param device where the matrix lives
   * @param matrix changed
   * @return the norm
   */
  public static double normalise(Device device, Tensor matrix) {
    double norm = Math.sqrt(inner(device, matrix, matrix));
    device.scale(norm == 0 ? 0 : 1 / norm, matrix);
    return norm;
  }

  /**
   * Subtracts what earlier terms explain of a half step's mean.
   *
   * @param device where everything lives
   * @param mean what a pass has gathered, changed
   * @param weighing the unit matrix that weighed the tokens
   * @param earlier of each earlier term the factor on the side of the mean, and the other one
   */
  public static void subtract(Device device, Tensor mean, Tensor weighing, List<Sides> earlier) {
    for (Sides term : earlier) {
      device.add(-inner(device, term.other(), weighing), term.summed(), mean);
    }
  }

  /**
   * A term's factors as a half step sees them.
   *
   * @param summed on the side that is gathered
   * @param other on the side that weighs
   */
  public record Sides(Tensor summed, Tensor other) {}

  /**
   * The term after a whole step, both factors of the same norm and the trace of {@code A} not
   * negative.
   *
   * @param device where everything lives
   * @param g of any size
   * @param a as the pass with weights from {@code g / |g|} has given it: its norm is the term's
   * @return new tensors in double, owned by the caller
   */
  public static KroneckerTerm term(Device device, Tensor g, Tensor a) {
    Tensor unitG = copy(device, g);
    Tensor unitA = copy(device, a);
    normalise(device, unitG);
    double root = Math.sqrt(normalise(device, unitA));
    double trace = Arrays.stream(device.diagonal(unitA)).sum();
    double factor = trace < 0 ? -root : root;
    device.scale(factor, unitG);
    device.scale(factor, unitA);
    return new KroneckerTerm(unitG, unitA);
  }

  private static Tensor copy(Device device, Tensor from) {
    Tensor to = device.empty(Precision.DOUBLE, from.rows(), from.columns());
    device.copy(from, to);
    return to;
  }

  static double inner(Device device, Tensor x, Tensor y) {
    return Arrays.stream(device.rowDots(x, y)).sum();
  }
}
