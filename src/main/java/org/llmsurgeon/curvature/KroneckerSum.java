package org.llmsurgeon.curvature;

import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * A sum of two or more Kronecker products, {@code F ~ sum_k G_k (x) A_k}, the first one damped
 * (method, section 1). Its terms come from the power iteration of {@link KroneckerStep}, each
 * fitted to what the earlier ones leave.
 *
 * <p>Exact: products with any number of terms, and everything else with two. With more than two,
 * {@link #solve} and {@link #leading} are those of the first two, the largest: good to precondition
 * with and for costs, which then leave the rest out.
 */
public final class KroneckerSum implements CurvatureOperator, AutoCloseable {
  private final Device device;
  private final EigenCurvature leading;
  private final List<KroneckerTerm> rest;

  /**
   * Solves the generalised eigenproblem of the first two terms.
   *
   * @param device where everything lives
   * @param layer name of the layer, for messages
   * @param terms at least two, the largest first, in double; those after the second must stay open
   *     and unchanged while this is used
   * @param damping relative to the mean diagonals of the first term
   * @throws NotPositiveDefiniteException if damping does not make the sum of the first two positive
   *     definite
   */
  public KroneckerSum(Device device, String layer, List<KroneckerTerm> terms, Damping damping) {
    if (terms.size() < 2) {
      throw new IllegalArgumentException("a sum of " + terms.size() + " terms");
    }
    this.device = device;
    this.leading = EigenCurvature.kroneckerSum(device, layer, terms.get(0), terms.get(1), damping);
    this.rest = List.copyOf(terms.subList(2, terms.size()));
  }

  /** The first two terms; closed with this object. */
  public EigenCurvature leading() {
    return leading;
  }

  @Override
  public void times(Tensor x, Tensor into) {
    leading.times(x, into);
    if (rest.isEmpty()) {
      return;
    }
    try (Tensor half = device.empty(Precision.DOUBLE, x.rows(), x.columns())) {
      for (KroneckerTerm term : rest) {
        device.multiply(1, term.g(), x, 0, half);
        device.multiply(1, half, term.a(), 1, into);
      }
    }
  }

  @Override
  public void solve(Tensor x, Tensor into) {
    leading.solve(x, into);
  }

  @Override
  public void close() {
    leading.close();
  }
}
