package org.llmsurgeon.compute;

/**
 * Number format of a tensor's elements. Networks run in {@link #SINGLE}; factors are solved and
 * summed in {@link #DOUBLE}.
 */
public enum Precision {
  /** IEEE 754 binary32. */
  SINGLE(4),
  /** IEEE 754 binary64. */
  DOUBLE(8);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
