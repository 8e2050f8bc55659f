package org.llmsurgeon.compute.cuda.driver;

import org.llmsurgeon.compute.Precision;

/**
 * The memory that a tensor and its views share, and what goes with it: a copy of its elements in
 * bfloat16, for products, as long as it is true.
 */
public final class CudaBlock {
  private final CudaMemoryPool pool;
  private final Precision precision;
  private final long elements;
  private final long address;
  private long writes;
  private long copy;
  private long copiedWrites;
  private boolean closed;

  /** Memory for some elements; their values are undefined. */
  public CudaBlock(CudaMemoryPool pool, Precision precision, long elements) {
    this.pool = pool;
    this.precision = precision;
    this.elements = elements;
    this.address = pool.acquire(bytes());
  }

  /** Format of the elements. */
  public Precision precision() {
    return precision;
  }

  /** How many elements. */
  public long elements() {
    return elements;
  }

  long bytes() {
    return Math.multiplyExact(elements, precision.bytes());
  }

  /** Address of the first element on the card. */
  public long address() {
    return address;
  }

  /** Whether the memory was given back. */
  public synchronized boolean isClosed() {
    return closed;
  }

  /** The elements are about to change. */
  public synchronized void written() {
    writes++;
  }

  /** Makes a copy of the elements in bfloat16. */
  public interface Copying {
    /**
     * @param from address of the elements
     * @param to address of the copy
     * @param count elements
     */
    public void copy(long from, long to, long count);
  }

  /** Address of a copy of the elements in bfloat16, made if there is none that is true. */
  public synchronized long copy(Copying copying) {
    boolean missing = copy == 0;
    if (missing) {
      copy = pool.acquire(elements * Short.BYTES);
    }
    if (missing || copiedWrites != writes) {
      copying.copy(address, copy, elements);
      copiedWrites = writes;
    }
    return copy;
  }

  /** Gives the memory back, once. */
  public synchronized void close() {
    if (!closed) {
      closed = true;
      pool.release(address, bytes());
      pool.release(copy, elements * Short.BYTES);
    }
  }
}
