package org.llmsurgeon.compute;

/**
 * How a device multiplies single-precision matrices. Sums are always kept in single precision, and
 * double-precision products are always exact to double.
 */
public enum ProductPrecision {
  /** IEEE single precision, 24 bits: the slowest, and what a processor gives. */
  FLOAT32,
  /** Factors rounded to 11 bits with the range of single precision. */
  TF32,
  /** Factors rounded to 8 bits with the range of single precision; sums of factors take TF32. */
  BFLOAT16
}
