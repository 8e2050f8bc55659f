package org.llmsurgeon.checkpoint.safetensors;

import java.util.Optional;

/**
 * Number formats that a safetensors file may name. {@link #F32}, {@link #F16} and {@link #BF16} are
 * loaded as tensors, {@link #I32} and {@link #I64} as tokens; the others are only listed and
 * copied.
 */
public enum DataType {
  /** IEEE 754 binary64. */
  F64(64),
  /** IEEE 754 binary32. */
  F32(32),
  /** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
  F16(16),
  /** The upper half of a binary32: 8 bits of exponent, 7 of fraction. */
  BF16(16),
  /** Signed integer. */
  I64(64),
  /** Signed integer. */
  I32(32),
  /** Signed integer. */
  I16(16),
  /** Signed integer. */
  I8(8),
  /** Unsigned integer. */
  U64(64),
  /** Unsigned integer. */
  U32(32),
  /** Unsigned integer. */
  U16(16),
  /** Unsigned integer. */
  U8(8),
  /** One byte, 0 or 1. */
  BOOL(8),
  /** Two binary32: real and imaginary part. */
  C64(64),
  /** 8-bit float, 5 bits of exponent. */
  F8_E5M2(8),
  /** 8-bit float, 4 bits of exponent. */
  F8_E4M3(8),
  /** 8-bit power of two. */
  F8_E8M0(8),
  /** 6-bit float, 2 bits of exponent. */
  F6_E2M3(6),
  /** 6-bit float, 3 bits of exponent. */
  F6_E3M2(6),
  /** 4-bit float. */
  F4(4);

  private final int bits;

  DataType(int bits) {
    this.bits = bits;
  }

  /** Bits of one element. */
  public int bits() {
    return bits;
  }

  /** Whether tensors of this format can be loaded and written as numbers. */
  public boolean isWeight() {
    return this == F32 || this == F16 || this == BF16;
  }

  /**
   * Bytes of so many elements.
   *
   * @param elements at least 0
   * @throws ArithmeticException if the count overflows or does not fill whole bytes
   */
  public long bytes(long elements) {
    long total = Math.multiplyExact(elements, bits);
    if (total % 8 != 0) {
      throw new ArithmeticException(elements + " elements of " + bits + " bits fill no whole byte");
    }
    return total / 8;
  }

  /**
   * The format of that name.
   *
   * @param name as safetensors spells it
   */
  static Optional<DataType> named(String name) {
    for (DataType each : values()) {
      if (each.name().equals(name)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }
}
