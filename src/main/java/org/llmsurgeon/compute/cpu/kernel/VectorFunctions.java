package org.llmsurgeon.compute.cpu.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Exponential and normal distribution over arrays, with the Vector API; relative errors below 3e-7.
 *
 * <p>Here and in {@link VectorKernels} no method takes or returns a vector: one that happened to be
 * compiled by itself before its caller is perhaps not inlined, and then each of its vectors becomes
 * an object on the heap. Kernels written with such methods were up to about 4 times slower.
 */
final class VectorFunctions {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  /** {@code 1.5 * 2^23}: adding it rounds to an integer, which then sits in the lowest bits. */
  private static final float ROUNDER = 12582912f;

  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  /** Rounds to a power of two of which the bits are those of 0. */
  private static final float EXP_IS_ZERO = -88f;

  /** Rounds to a power of two of which the bits are those of infinity. */
  private static final float EXP_IS_INFINITE = 89f;

  /** From here on the normal distribution is 0 or 1, and squares do not overflow. */
  private static final float BELL_END = 20f;

  private VectorFunctions() {}

  /**
   * {@code x <- exp(x - shift)}; 0 below the smallest normal float, infinity above 2.4e38, NaN for
   * NaN. Reduction by multiples of ln 2 and the polynomial of Cephes' expf; the power of two is put
   * together from bits, because conversions to int are slow on Java 17.
   */
  static void exp(float[] x, float shift, int n) {
    FloatVector high = FloatVector.broadcast(SPECIES, -LN2_HIGH);
    FloatVector low = FloatVector.broadcast(SPECIES, -LN2_LOW);
    FloatVector c1 = FloatVector.broadcast(SPECIES, 1.3981999507e-3f);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 8.3334519073e-3f);
    FloatVector c3 = FloatVector.broadcast(SPECIES, 4.1665795894e-2f);
    FloatVector c4 = FloatVector.broadcast(SPECIES, 1.6666665459e-1f);
    FloatVector c5 = FloatVector.broadcast(SPECIES, 5.0000001201e-1f);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i).sub(shift);
      v = v.max(EXP_IS_ZERO).min(EXP_IS_INFINITE);
      FloatVector shifted = v.mul(LOG2_E).add(ROUNDER);
      FloatVector whole = shifted.sub(ROUNDER);
      FloatVector r = whole.fma(low, whole.fma(high, v));
      FloatVector p = r.mul(1.9875691500e-4f).add(c1);
      p = p.fma(r, c2).fma(r, c3).fma(r, c4).fma(r, c5);
      p = p.fma(r.mul(r), r.add(1f));
      FloatVector power =
          shifted
              .reinterpretAsInts()
              .lanewise(VectorOperators.LSHL, 23)
              .add(127 << 23)
              .reinterpretAsFloats();
      p.mul(power).intoArray(x, i);
    }
  }

  /** {@code bell = exp(-x^2 / 2)}, with the rounded square. */
  static void bell(float[] x, float[] bell, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i).max(-BELL_END).min(BELL_END);
      v.mul(v).mul(-0.5f).intoArray(bell, i);
    }
    exp(bell, 0, n);
  }

  /**
   * The normal distribution function; see {@link ScalarNormalTail}. What rounding the square lost
   * is put back to first order.
   *
   * @param normal holds {@link #bell} of {@code x} before
   */
  static void normal(float[] x, float[] normal, int n) {
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector q = FloatVector.broadcast(SPECIES, ScalarNormalTail.Q);
    FloatVector p0 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P0);
    FloatVector p1 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P1);
    FloatVector p2 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P2);
    FloatVector p3 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P3);
    FloatVector p4 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P4);
    FloatVector p5 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P5);
    FloatVector p6 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P6);
    FloatVector p7 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P7);
    FloatVector p8 = FloatVector.broadcast(SPECIES, ScalarNormalTail.P8);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i).max(-BELL_END).min(BELL_END);
      FloatVector e = FloatVector.fromArray(SPECIES, normal, i);
      FloatVector lost = v.fma(v, v.mul(v).neg());
      FloatVector bell = lost.mul(-0.5f).fma(e, e);
      FloatVector t = one.div(v.abs().fma(q, one));
      FloatVector p = p8.fma(t, p7).fma(t, p6).fma(t, p5).fma(t, p4);
      p = p.fma(t, p3).fma(t, p2).fma(t, p1).fma(t, p0);
      FloatVector tail = bell.mul(t).mul(p);
      VectorMask<Float> below = v.compare(VectorOperators.LT, 0f);
      one.sub(tail).blend(tail, below).intoArray(normal, i);
    }
  }
}
