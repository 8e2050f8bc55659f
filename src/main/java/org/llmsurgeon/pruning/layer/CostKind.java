package org.llmsurgeon.pruning.layer;

/** How much of the curvature a cost looks at (method, section 2). */
public enum CostKind {
  /**
   * Optimal brain surgeon: what the loss rises if the rest of the layer adapts. A row costs {@code
   * 1/2 (w_r A w_r^T) / [Gi]_rr}, a column {@code 1/2 (w_c^T G w_c) / [Ai]_cc}, with damped
   * inverses and undamped numerators.
   */
  OBS,
  /**
   * Optimal brain damage: what the loss rises if nothing else changes. A row costs {@code 1/2 (w_r
   * A w_r^T) G_rr}, a column {@code 1/2 (w_c^T G w_c) A_cc}. With {@link
   * org.llmsurgeon.curvature.CurvatureKind#ACTIVATIONS} only diagonals count and a row costs {@code
   * 1/2 sum_c W_rc^2 A_cc}; with {@code IDENTITY} this is the squared magnitude.
   */
  OBD;
}
