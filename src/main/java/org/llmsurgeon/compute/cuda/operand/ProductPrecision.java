package org.llmsurgeon.compute.cuda.operand;

/**
 * How a card multiplies single-precision matrices. Sums are always kept in single precision, and
 * double-precision products are always exact to double.
 */
public enum ProductPrecision {
  /** IEEE single precision, 24 bits: the slowest, and what a processor gives. */
  FLOAT32(68),
  /** Factors rounded to 11 bits with the range of single precision. */
  TF32(77),
  /** Factors rounded to 8 bits with the range of single precision; sums of factors take TF32. */
  BFLOAT16(77);

  private final int computeType;

  ProductPrecision(int computeType) {
    this.computeType = computeType;
  }

  /** The number by which cuBLAS knows what it does with operands in single precision. */
  int computeType() {
    return computeType;
  }
}
