package org.llmsurgeon.checkpoint.safetensors;

/**
 * Conversions between binary32 and the two 16-bit formats, bit for bit as IEEE 754 asks: widening
 * is exact, narrowing rounds to nearest, ties to even, and goes to infinity beyond the range.
 */
public final class HalfPrecision {
  /** All exponent bits of an F16: set for infinities and NaN only. */
  static final int FLOAT16_EXPONENT = 0x7c00;

  /** All exponent bits of a BF16: set for infinities and NaN only. */
  static final int BFLOAT16_EXPONENT = 0x7f80;

  private static final int FLOAT_EXPONENT = 0x7f800000;
  private static final int FLOAT16_OVERFLOW = 0x477ff000; // 65520: rounds to 2^16
  private static final int FLOAT16_SMALLEST_NORMAL = 0x38800000; // 2^-14

  private HalfPrecision() {}

  /** The value of a BF16. */
  public static float fromBfloat16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /**
   * The value of an F16. Shifted into place its exponent is too small by 112, also where it is
   * subnormal; the product with 2^112 is exact.
   */
  public static float fromFloat16(short bits) {
    int magnitude = (bits & 0x7fff) << 13;
    int sign = (bits & 0x8000) << 16;
    if ((bits & FLOAT16_EXPONENT) == FLOAT16_EXPONENT) {
      return Float.intBitsToFloat(sign | FLOAT_EXPONENT | magnitude);
    }
    float value = Float.intBitsToFloat(magnitude) * 0x1p112f;
    return Float.intBitsToFloat(sign | Float.floatToRawIntBits(value));
  }

  /** Rounds to BF16. */
  public static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (value != value) {
      return (short) ((bits >> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
  }

  /**
   * Rounds to F16. Subnormal results are multiples of 2^-24: adding 2^23 to the value in these
   * units lets the float addition round it.
   */
  public static short toFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > FLOAT_EXPONENT) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= FLOAT16_OVERFLOW) {
      return (short) (sign | FLOAT16_EXPONENT);
    }
    if (magnitude < FLOAT16_SMALLEST_NORMAL) {
      float units = Float.intBitsToFloat(magnitude) * 0x1p24f + 0x1p23f;
      return (short) (sign | (Float.floatToRawIntBits(units) - 0x4b000000));
    }
    int rounded = magnitude + 0xfff + ((magnitude >> 13) & 1) - (112 << 23);
    return (short) (sign | (rounded >> 13));
  }

  /**
   * A double as a float that rounds to 16 bits as the double itself would: truncated, with the last
   * bit set where something was lost ("round to odd"), so that the second rounding sees no false
   * tie.
   */
  static float oddFloat(double value) {
    float nearest = (float) value;
    if (nearest == value || value != value) {
      return nearest;
    }
    int bits = Float.floatToRawIntBits(nearest);
    if (Math.abs((double) nearest) > Math.abs(value)) {
      bits--;
    }
    return Float.intBitsToFloat(bits | 1);
  }
}
