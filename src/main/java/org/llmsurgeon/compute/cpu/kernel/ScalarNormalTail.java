package org.llmsurgeon.compute.cpu.kernel;

/**
 * Constants of the lower tail of the normal distribution, {@code Phi(-x) = exp(-x^2/2) t P(t)} with
 * {@code t = 1 / (1 + Q x)} for {@code x >= 0}. Our own Chebyshev fit over {@code 0 <= x <= 14}:
 * relative error 4.3e-8 with the coefficients rounded to float.
 */
final class ScalarNormalTail {
  static final float Q = 0.27f;
  static final float P0 = 0.107722096f;
  static final float P1 = 0.107518606f;
  static final float P2 = 0.101980366f;
  static final float P3 = 0.071406059f;
  static final float P4 = 0.109277204f;
  static final float P5 = -0.0712139159f;
  static final float P6 = 0.171444684f;
  static final float P7 = -0.127242118f;
  static final float P8 = 0.0291070286f;

  private ScalarNormalTail() {}

  /** {@code Phi(-x)} in double, for {@code x >= 0}. */
  static double at(double x) {
    double t = 1 / (1 + Q * x);
    double p = P8;
    for (float coefficient : new float[] {P7, P6, P5, P4, P3, P2, P1, P0}) {
      p = p * t + coefficient;
    }
    return Math.exp(-x * x / 2) * t * p;
  }
}
