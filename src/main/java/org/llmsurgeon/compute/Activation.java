package org.llmsurgeon.compute;

/** Elementwise non-linearities of the supported networks. */
public enum Activation {
  /** {@code max(0, x)}; the derivative at 0 is 0. */
  RELU,
  /** {@code x Phi(x)}, with the exact normal distribution function (erf). */
  GELU,
  /** {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}. */
  GELU_TANH,
  /** {@code x / (1 + exp(-x))}, also called swish. */
  SILU,
  /** The hyperbolic tangent: bounds logits. */
  TANH
}
