package org.llmsurgeon.surgery.calibrate;

/** The two Kronecker factors of a layer, and what else is gathered of it. */
public enum FactorKind {
  /** Of the inputs: {@code mean a a^T}, {@code [in, in]}, the bias entry last. */
  A,
  /** Of the output gradients: {@code mean g g^T}, {@code [out, out]}. */
  G,
  /**
   * Corrected eigenvalues of EKFAC: {@code mean (u_i . g)^2 (v_j . a)^2}, {@code [out, in]}; 0
   * beyond the live ones.
   */
  EIGENVALUES,
  /**
   * Eigenvectors of the live part of {@code G} as rows over all outputs, {@code [out, out + 1]},
   * the eigenvalue last; rows of 0 beyond the live ones.
   */
  BASIS_G,
  /** The same of {@code A}, {@code [in, in + 1]}. */
  BASIS_A,
  /** Share of all tokens that reach an expert, {@code [1, 1]}. */
  REACHED,
  /** Gradient of the loss with respect to the weight, {@code mean g a^T}, {@code [out, in]}. */
  GRADIENT,
  /** What its inputs are like, {@code [3, in]}, see {@code InputStatistics}. */
  STATISTICS
}
