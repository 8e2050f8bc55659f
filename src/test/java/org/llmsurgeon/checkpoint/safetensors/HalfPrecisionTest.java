package org.llmsurgeon.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All 65536 patterns of both formats, against their definition in double. */
class HalfPrecisionTest {
  /** A 16-bit format, by definition: sign, exponent and fraction bits. */
  private enum Format {
    FLOAT16(5, 10),
    BFLOAT16(8, 7);

    private final int exponentBits;
    private final int fractionBits;

    Format(int exponentBits, int fractionBits) {
      this.exponentBits = exponentBits;
      this.fractionBits = fractionBits;
    }

    double value(int bits) {
      int exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
      int fraction = bits & ((1 << fractionBits) - 1);
      int bias = (1 << (exponentBits - 1)) - 1;
      double sign = (bits & 0x8000) == 0 ? 1 : -1;
      if (exponent == (1 << exponentBits) - 1) {
        return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
      }
      double significand = fraction * Math.pow(2, -fractionBits) + (exponent == 0 ? 0 : 1);
      return sign * significand * Math.pow(2, Math.max(exponent, 1) - bias);
    }

    int largest() {
      return (((1 << exponentBits) - 1) << fractionBits) - 1;
    }

    float widen(int bits) {
      return this == FLOAT16
          ? HalfPrecision.fromFloat16((short) bits)
          : HalfPrecision.fromBfloat16((short) bits);
    }

    int narrow(float value) {
      short bits =
          this == FLOAT16 ? HalfPrecision.toFloat16(value) : HalfPrecision.toBfloat16(value);
      return bits & 0xffff;
    }

    int narrow(double value) {
      return narrow(HalfPrecision.oddFloat(value));
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyPatternWidensToItsValue(Format format) {
    for (int bits = 0; bits < 65536; bits++) {
      double expected = format.value(bits);
      assertThat(Double.compare(format.widen(bits), expected)).as("%x", bits).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyPatternComesBack(Format format) {
    for (int bits = 0; bits < 65536; bits++) {
      int back = format.narrow(format.widen(bits));
      if (Double.isNaN(format.value(bits))) {
        assertThat(format.value(back)).as("%x", bits).isNaN();
      } else {
        assertThat(back).as("%x", bits).isEqualTo(bits);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void betweenNeighboursTheNearerIsTakenAndTiesGoToEven(Format format) {
    for (int bits = 0; bits <= format.largest(); bits++) {
      double low = format.value(bits);
      double high =
          bits == format.largest() ? 2 * low - format.value(bits - 1) : format.value(bits + 1);
      double middle = low + (high - low) / 2;
      int even = bits % 2 == 0 ? bits : bits + 1;
      for (int sign = 0; sign <= 0x8000; sign += 0x8000) {
        double s = sign == 0 ? 1 : -1;
        assertThat(format.narrow(s * middle)).as("tie %x", bits).isEqualTo(sign | even);
        assertThat(format.narrow(s * Math.nextDown(middle))).isEqualTo(sign | bits);
        assertThat(format.narrow(s * Math.nextUp(middle))).isEqualTo(sign | (bits + 1));
        float tie = (float) (s * middle);
        if (tie == s * middle) {
          assertThat(format.narrow(tie)).as("float tie %x", bits).isEqualTo(sign | even);
          assertThat(format.narrow((float) s * Math.nextDown((float) middle)))
              .isEqualTo(sign | bits);
          assertThat(format.narrow((float) s * Math.nextUp((float) middle)))
              .isEqualTo(sign | (bits + 1));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void infinitiesNansAndTinyDoublesKeepTheirKind(Format format) {
    int infinity = format.largest() + 1;
    assertThat(format.narrow(Float.POSITIVE_INFINITY)).isEqualTo(infinity);
    assertThat(format.narrow(Double.NEGATIVE_INFINITY)).isEqualTo(0x8000 | infinity);
    assertThat(format.narrow(1e300)).isEqualTo(infinity);
    assertThat(format.value(format.narrow(Double.NaN))).isNaN();
    assertThat(format.value(format.narrow(Float.intBitsToFloat(0x7f800001)))).isNaN();
    assertThat(format.narrow(1e-300)).isZero();
    assertThat(format.narrow(-1e-300)).isEqualTo(0x8000);
  }
}
