package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.ptr.LongByReference;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.llmsurgeon.compute.TensorMemory;

/**
 * Memory of a card, kept for reuse by size. What is given back may still be read by steps that were
 * asked for before; the next owner's steps come after those on the same stream.
 */
public final class CudaMemoryPool implements AutoCloseable {
  private static final long GRANULE = 512;

  private final CudaContext context;
  private final TensorMemory lent = new TensorMemory();
  private final Map<Long, Deque<Long>> idle = new HashMap<>();

  /** An empty pool of a card. */
  public CudaMemoryPool(CudaContext context) {
    this.context = context;
  }

  /** What tensors and scratch take. */
  public TensorMemory lent() {
    return lent;
  }

  /**
   * Memory whose contents are undefined.
   *
   * @param bytes how many; 0 gives address 0
   * @throws CudaMemoryException if the card has no more
   */
  public long acquire(long bytes) {
    if (bytes == 0) {
      return 0;
    }
    long rounded = rounded(bytes);
    synchronized (context) {
      context.enter();
      Deque<Long> fitting = idle.get(rounded);
      long address = fitting == null || fitting.isEmpty() ? allocate(rounded) : fitting.pop();
      lent.add(rounded);
      return address;
    }
  }

  private long allocate(long bytes) {
    LongByReference address = new LongByReference();
    int status = context.driver().cuMemAlloc_v2(address, bytes);
    if (status == CudaException.OUT_OF_MEMORY) {
      releaseIdle();
      status = context.driver().cuMemAlloc_v2(address, bytes);
    }
    if (status == CudaException.OUT_OF_MEMORY) {
      String card = context.card().name();
      throw new CudaMemoryException(card, bytes, lent.bytes(), context.freeBytes());
    }
    context.check("cuMemAlloc", status);
    return address.getValue();
  }

  /**
   * Takes memory back.
   *
   * @param address what {@link #acquire} gave
   * @param bytes as asked for then
   */
  public void release(long address, long bytes) {
    if (address == 0) {
      return;
    }
    long rounded = rounded(bytes);
    synchronized (context) {
      idle.computeIfAbsent(rounded, size -> new ArrayDeque<>()).push(address);
      lent.add(-rounded);
    }
  }

  private void releaseIdle() {
    context.synchronize();
    for (Deque<Long> each : idle.values()) {
      for (long address : each) {
        context.check("cuMemFree", context.driver().cuMemFree_v2(address));
      }
    }
    idle.clear();
  }

  private static long rounded(long bytes) {
    return (bytes + GRANULE - 1) / GRANULE * GRANULE;
  }

  /** Frees what is idle; after a loss of the card there is nothing to free. */
  @Override
  public void close() {
    synchronized (context) {
      if (!context.isLost()) {
        context.enter();
        releaseIdle();
      }
    }
  }
}
