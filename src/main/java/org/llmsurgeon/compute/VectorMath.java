package org.llmsurgeon.compute;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions on vectors of floats. Relative errors are below 3e-7 where the result is a normal
 * float.
 */
final class VectorMath {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** {@code 1.5 * 2^23}: adding it rounds to an integer, which then sits in the lowest bits. */
  private static final float ROUNDER = 12582912f;

  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;
  private static final float EXP_SMALLEST = -87.33f;
  private static final float EXP_LARGEST = 88.37f;
  private static final float LOGISTIC_LARGEST = 1e38f;

  /** Beyond these the bell is 0, and the factor of tanh 0 or 1; their squares do not overflow. */
  private static final float BELL_END = 20f;

  private static final float TANH_END = 1e4f;

  private static final float INVERSE_ROOT_TWO_PI = 0.3989422804f;
  private static final float TANH_SCALE_DOUBLED = 1.5957691216f;
  private static final float TANH_CUBE = 0.044715f;

  private VectorMath() {}

  /**
   * {@code exp(x)}; 0 where that is below the smallest normal float, and at most 2.4e38. NaN gives
   * NaN. Reduction by multiples of ln 2 and the polynomial of Cephes' expf; the power of two is put
   * together from bits, because conversions to int are slow on Java 17.
   */
  static FloatVector exp(FloatVector any) {
    FloatVector x = any.max(EXP_SMALLEST).min(EXP_LARGEST);
    FloatVector shifted = x.mul(LOG2_E).add(ROUNDER);
    FloatVector n = shifted.sub(ROUNDER);
    FloatVector r = n.fma(all(-LN2_HIGH), x);
    r = n.fma(all(-LN2_LOW), r);
    FloatVector p = all(1.9875691500e-4f);
    p = p.fma(r, all(1.3981999507e-3f));
    p = p.fma(r, all(8.3334519073e-3f));
    p = p.fma(r, all(4.1665795894e-2f));
    p = p.fma(r, all(1.6666665459e-1f));
    p = p.fma(r, all(5.0000001201e-1f));
    p = p.fma(r.mul(r), r.add(1f));
    FloatVector power =
        shifted
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, 23)
            .add(127 << 23)
            .reinterpretAsFloats();
    return p.mul(power).blend(0f, any.compare(VectorOperators.LT, EXP_SMALLEST));
  }

  /**
   * The logistic function {@code 1 / (1 + exp(-x))}; 0 where it is below the smallest normal float,
   * so that even huge factors leave nothing of it.
   *
   * @param tail {@code exp(-x)}
   */
  static FloatVector logistic(FloatVector tail) {
    VectorMask<Float> gone = tail.compare(VectorOperators.GT, LOGISTIC_LARGEST);
    return all(1f).div(tail.add(1f)).blend(0f, gone);
  }

  /** {@code exp(-x^2 / 2)}, with what rounding the square lost put back. */
  static FloatVector bell(FloatVector any) {
    FloatVector x = any.max(-BELL_END).min(BELL_END);
    FloatVector square = x.mul(x);
    FloatVector lost = x.fma(x, square.neg());
    FloatVector e = exp(square.mul(-0.5f));
    return lost.mul(-0.5f).fma(e, e);
  }

  /**
   * The normal distribution function; see {@link ScalarNormalTail}.
   *
   * @param bell {@link #bell} of {@code x}
   */
  static FloatVector normal(FloatVector x, FloatVector bell) {
    FloatVector t = all(1f).div(x.abs().fma(all(ScalarNormalTail.Q), all(1f)));
    FloatVector p = all(ScalarNormalTail.P8);
    p = p.fma(t, all(ScalarNormalTail.P7));
    p = p.fma(t, all(ScalarNormalTail.P6));
    p = p.fma(t, all(ScalarNormalTail.P5));
    p = p.fma(t, all(ScalarNormalTail.P4));
    p = p.fma(t, all(ScalarNormalTail.P3));
    p = p.fma(t, all(ScalarNormalTail.P2));
    p = p.fma(t, all(ScalarNormalTail.P1));
    p = p.fma(t, all(ScalarNormalTail.P0));
    FloatVector tail = bell.mul(t).mul(p);
    VectorMask<Float> below = x.compare(VectorOperators.LT, 0f);
    return all(1f).sub(tail).blend(tail, below);
  }

  /** Derivative of {@code x Phi(x)}. */
  static FloatVector geluSlope(FloatVector x, FloatVector bell, FloatVector normal) {
    return x.mul(INVERSE_ROOT_TWO_PI).fma(bell, normal);
  }

  /**
   * {@code exp(-2 u)} with {@code u} the argument of tanh in GELU's approximation: {@code (1 + tanh
   * u) / 2} is the {@link #logistic} of it.
   */
  static FloatVector tanhTail(FloatVector any) {
    FloatVector x = any.max(-TANH_END).min(TANH_END);
    FloatVector inner = x.mul(x).fma(all(TANH_CUBE), all(1f));
    return exp(x.mul(-TANH_SCALE_DOUBLED).mul(inner));
  }

  /** Derivative of {@code x s}, {@code s} the logistic of {@link #tanhTail}. */
  static FloatVector tanhSlope(FloatVector any, FloatVector tail, FloatVector s) {
    FloatVector x = any.max(-TANH_END).min(TANH_END);
    FloatVector inner = x.mul(x).fma(all(3 * TANH_CUBE), all(1f)).mul(TANH_SCALE_DOUBLED);
    return s.mul(tail.mul(s)).mul(x).fma(inner, s);
  }

  /**
   * Derivative of {@code x s}, {@code s} the logistic of {@code exp(-x)}. {@code 1 - s} is taken as
   * {@code tail s}, which does not cancel.
   */
  static FloatVector siluSlope(FloatVector x, FloatVector tail, FloatVector s) {
    return s.mul(tail.mul(s)).fma(x, s);
  }

  static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }
}
