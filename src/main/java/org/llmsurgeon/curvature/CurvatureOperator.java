package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/**
 * The damped curvature {@code F} of a layer as a linear map of matrices shaped like its weight, and
 * an inverse: the exact one, or one close enough to precondition with. All that conjugate gradients
 * need.
 */
public interface CurvatureOperator {
  /**
   * {@code into = F x}.
   *
   * @param x {@code [out, in]}, double
   * @param into {@code [out, in]}, double, written; not {@code x}
   */
  void times(Tensor x, Tensor into);

  /**
   * {@code into = F^-1 x}, or close to it; symmetric and positive definite in any case.
   *
   * @param x {@code [out, in]}, double
   * @param into {@code [out, in]}, double, written; not {@code x}
   * @throws NotPositiveDefiniteException if the curvature has no inverse
   */
  void solve(Tensor x, Tensor into);

  /**
   * The same curvature where only some weights may change: its {@link #solve} is closer to the
   * inverse of the curvature among those than this one's. This curvature itself, unless it knows
   * better.
   *
   * @param scope owns what that takes
   * @param kept {@code [out, in]}, double, 1 for weights that may change and 0 for others
   */
  default CurvatureOperator among(TensorScope scope, Tensor kept) {
    return this;
  }
}
