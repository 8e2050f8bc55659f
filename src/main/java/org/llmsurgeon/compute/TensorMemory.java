package org.llmsurgeon.compute;

/**
 * Counts what the open tensors of a device take, and the most that they took. Memory that belongs
 * to others, as that of mapped files, does not count, nor does what the device keeps for reuse.
 * Safe for use by several threads.
 */
public final class TensorMemory {
  private long bytes;
  private long peak;

  /** Bytes of the tensors that are open now. */
  public synchronized long bytes() {
    return bytes;
  }

  /** The most since {@link #restart}, or since the device was made. */
  public synchronized long peak() {
    return peak;
  }

  /** Begins anew with what is open now. */
  public synchronized void restart() {
    peak = bytes;
  }

  /**
   * A tensor came or went.
   *
   * @param more its bytes; below 0 where it went
   */
  public synchronized void add(long more) {
    bytes += more;
    peak = Math.max(peak, bytes);
  }
}
