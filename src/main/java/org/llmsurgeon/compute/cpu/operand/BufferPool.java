package org.llmsurgeon.compute.cpu.operand;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.TensorMemory;

/**
 * Memory that tensors gave back, kept for the next tensor of the same size: the temporaries of a
 * network come in few sizes, and fresh memory costs a page fault for every 4 KiB. Bounded, and
 * together with what is lent at most a little more than the most that was lent: what is kept adds
 * next to nothing to what a process needs. Where a piece does not fit, sizes not used for the
 * longest time leave first. Safe for use by several threads.
 */
public final class BufferPool {
  private record Size(Precision precision, long count) {
    long bytes() {
      return count * precision.bytes();
    }
  }

  /**
   * So much may be kept in any case. While a forward pass adds to what it keeps, what is lent is
   * always the most so far; without this, every temporary would be given back to the system.
   */
  private static final long ANYHOW = 160L << 20;

  private final long capacity;
  private final Map<Size, Deque<CpuMemory>> free = new LinkedHashMap<>(16, 0.75f, true);
  private final TensorMemory lent = new TensorMemory();
  private long held;
  private long mostLent;
  private boolean closed;

  /**
   * @param capacity most bytes kept; at least 0
   */
  public BufferPool(long capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("Capacity of a pool is " + capacity + " bytes");
    }
    this.capacity = capacity;
  }

  /** Memory for {@code count} elements, used before or new. */
  public CpuMemory acquire(Precision precision, long count, boolean zeroed) {
    Size size = new Size(precision, Math.max(1, count));
    lent.add(size.bytes());
    CpuMemory memory = take(size);
    if (memory == null) {
      return allocate(size, zeroed);
    }
    if (zeroed) {
      memory.clear(0, memory.count());
    }
    return memory;
  }

  private CpuMemory allocate(Size size, boolean zeroed) {
    try {
      return CpuMemory.allocate(size.precision(), size.count(), zeroed);
    } catch (OutOfMemoryError failure) {
      lent.add(-size.bytes());
      throw failure;
    }
  }

  /**
   * The most that a pool keeps.
   *
   * @param mostLent the most that was lent at a time, bytes
   * @param lent what is lent now, bytes
   */
  public static long mostKept(long mostLent, long lent) {
    return Math.max(ANYHOW, mostLent - lent);
  }

  /** What was taken and not given back. */
  public TensorMemory lent() {
    return lent;
  }

  private synchronized CpuMemory take(Size size) {
    Deque<CpuMemory> same = free.get(size);
    if (same == null) {
      evict();
      return null;
    }
    CpuMemory memory = same.pop();
    held -= size.bytes();
    if (same.isEmpty()) {
      free.remove(size);
    }
    return memory;
  }

  /** Takes memory back; the caller must not use it any more. */
  synchronized void release(CpuMemory memory) {
    Size size = new Size(memory.precision(), memory.count());
    lent.add(-size.bytes());
    if (closed || size.bytes() > capacity) {
      memory.free();
      return;
    }
    free.computeIfAbsent(size, key -> new ArrayDeque<>()).push(memory);
    held += size.bytes();
    evict();
  }

  private void evict() {
    // Of all stages: what one of them had, the next needs not have cleared anew.
    mostLent = Math.max(mostLent, lent.peak());
    long most = Math.min(capacity, mostKept(mostLent, lent.bytes()));
    Iterator<Map.Entry<Size, Deque<CpuMemory>>> sizes = free.entrySet().iterator();
    while (held > most && sizes.hasNext()) {
      Map.Entry<Size, Deque<CpuMemory>> oldest = sizes.next();
      while (held > most && !oldest.getValue().isEmpty()) {
        oldest.getValue().removeLast().free();
        held -= oldest.getKey().bytes();
      }
      if (oldest.getValue().isEmpty()) {
        sizes.remove();
      }
    }
  }

  /** Bytes kept at present. */
  synchronized long heldBytes() {
    return held;
  }

  /** Frees what is kept; memory released later is freed at once. */
  public synchronized void close() {
    closed = true;
    free.values().forEach(same -> same.forEach(CpuMemory::free));
    free.clear();
    held = 0;
  }
}
