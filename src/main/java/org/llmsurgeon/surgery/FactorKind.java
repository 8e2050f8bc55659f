package org.llmsurgeon.surgery;

/** The two Kronecker factors of a layer. */
public enum FactorKind {
  /** Of the inputs: {@code mean a a^T}, {@code [in, in]}, the bias entry last. */
  A,
  /** Of the output gradients: {@code mean g g^T}, {@code [out, out]}. */
  G
}
