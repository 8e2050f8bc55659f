package org.llmsurgeon.compute.cpu.operand;

import java.lang.ref.Cleaner;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Objects;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.llmsurgeon.compute.Precision;

/**
 * One contiguous piece of memory outside the Java heap, of any length, holding elements of one
 * precision. Bulk copies to and from arrays go through buffer windows of 1 GiB, so that no single
 * buffer has to span everything; native code is given bare addresses.
 */
public final class CpuMemory {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final int WINDOW_BYTES_LOG2 = 30;
  private static final int CONVERSION_TILE = 1024;

  private final Precision precision;
  private final long count;
  private final long address;
  private final boolean readOnly;
  private final Object owner;
  private final Cleaner.Cleanable release;
  private final FloatBuffer[] floats;
  private final DoubleBuffer[] doubles;
  private final int windowLog2;

  private CpuMemory(Precision precision, long count, long address, boolean readOnly, Object owner) {
    this.precision = precision;
    this.count = count;
    this.address = address;
    this.readOnly = readOnly;
    this.owner = owner;
    boolean single = precision == Precision.SINGLE;
    this.windowLog2 = WINDOW_BYTES_LOG2 - (single ? 2 : 3);
    int windows = Math.toIntExact(((count - 1) >> windowLog2) + 1);
    this.floats = single ? new FloatBuffer[windows] : null;
    this.doubles = single ? null : new DoubleBuffer[windows];
    for (int i = 0; i < windows; i++) {
      long from = (long) i << windowLog2;
      long size = Math.min(count - from, 1L << windowLog2);
      if (single) {
        floats[i] = new FloatAddress(address + 4 * from, size, this).asBuffer();
      } else {
        doubles[i] = new DoubleAddress(address + 8 * from, size, this).asBuffer();
      }
    }
    this.release =
        owner == null ? CLEANER.register(this, () -> Pointer.free(new Address(address))) : null;
  }

  /**
   * New memory, freed by {@link #free()} or, where that is forgotten, after it became unreachable.
   *
   * @param zeroed whether all elements must be 0; otherwise they are undefined
   */
  public static CpuMemory allocate(Precision precision, long count, boolean zeroed) {
    long elements = Math.max(1, count);
    Pointer memory =
        zeroed
            ? Pointer.calloc(elements, precision.bytes())
            : Pointer.malloc(elements * precision.bytes());
    if (memory == null || memory.isNull()) {
      throw new OutOfMemoryError(
          "No native memory for a tensor of " + elements * precision.bytes() + " bytes");
    }
    return new CpuMemory(precision, elements, memory.address(), false, null);
  }

  /**
   * Memory that belongs to something else.
   *
   * @param owner kept reachable as long as this memory is
   */
  public static CpuMemory borrowed(
      Precision precision, long count, long address, boolean readOnly, Object owner) {
    return new CpuMemory(
        precision, Math.max(1, count), address, readOnly, Objects.requireNonNull(owner));
  }

  Precision precision() {
    return precision;
  }

  /** Elements that fit. */
  long count() {
    return count;
  }

  boolean isReadOnly() {
    return readOnly;
  }

  /** Address of an element. */
  long address(long at) {
    return address + at * precision.bytes();
  }

  /** Gives owned memory back to the system; nothing may use it afterwards. */
  void free() {
    if (release != null) {
      release.clean();
    }
  }

  /** Native pointer to single-precision elements from {@code at} on; keeps this reachable. */
  FloatPointer floatsAt(long at) {
    return new FloatAddress(address(at), count - at, this);
  }

  /** Native pointer to double-precision elements from {@code at} on; keeps this reachable. */
  DoublePointer doublesAt(long at) {
    return new DoubleAddress(address(at), count - at, this);
  }

  private Pointer pointerAt(long at) {
    return precision == Precision.SINGLE ? floatsAt(at) : doublesAt(at);
  }

  /** Sets elements to 0. */
  public void clear(long at, long elements) {
    if (elements > 0) {
      Pointer.memset(pointerAt(at), 0, elements * precision.bytes());
    }
  }

  /** Copies elements bit by bit; both sides have the same precision and do not overlap. */
  public static void copy(CpuMemory from, long fromAt, CpuMemory to, long toAt, long elements) {
    if (elements > 0) {
      Pointer.memcpy(to.pointerAt(toAt), from.pointerAt(fromAt), elements * from.precision.bytes());
    }
  }

  /** Reads elements as floats, rounding where this memory is double. */
  public void read(long at, float[] into, int offset, int elements) {
    if (doubles != null) {
      double[] tile = new double[Math.min(elements, CONVERSION_TILE)];
      for (int done = 0; done < elements; done += tile.length) {
        int n = Math.min(tile.length, elements - done);
        read(at + done, tile, 0, n);
        for (int i = 0; i < n; i++) {
          into[offset + done + i] = (float) tile[i];
        }
      }
      return;
    }
    for (int done = 0; done < elements; ) {
      int n = run(at + done, elements - done);
      floats[window(at + done)].get(place(at + done), into, offset + done, n);
      done += n;
    }
  }

  /** Reads elements as doubles. */
  public void read(long at, double[] into, int offset, int elements) {
    if (floats != null) {
      float[] tile = new float[Math.min(elements, CONVERSION_TILE)];
      for (int done = 0; done < elements; done += tile.length) {
        int n = Math.min(tile.length, elements - done);
        read(at + done, tile, 0, n);
        for (int i = 0; i < n; i++) {
          into[offset + done + i] = tile[i];
        }
      }
      return;
    }
    for (int done = 0; done < elements; ) {
      int n = run(at + done, elements - done);
      doubles[window(at + done)].get(place(at + done), into, offset + done, n);
      done += n;
    }
  }

  /** Writes floats. */
  public void write(long at, float[] from, int offset, int elements) {
    if (doubles != null) {
      double[] tile = new double[Math.min(elements, CONVERSION_TILE)];
      for (int done = 0; done < elements; done += tile.length) {
        int n = Math.min(tile.length, elements - done);
        for (int i = 0; i < n; i++) {
          tile[i] = from[offset + done + i];
        }
        write(at + done, tile, 0, n);
      }
      return;
    }
    for (int done = 0; done < elements; ) {
      int n = run(at + done, elements - done);
      floats[window(at + done)].put(place(at + done), from, offset + done, n);
      done += n;
    }
  }

  /** Writes doubles, rounding where this memory is single. */
  public void write(long at, double[] from, int offset, int elements) {
    if (floats != null) {
      float[] tile = new float[Math.min(elements, CONVERSION_TILE)];
      for (int done = 0; done < elements; done += tile.length) {
        int n = Math.min(tile.length, elements - done);
        for (int i = 0; i < n; i++) {
          tile[i] = (float) from[offset + done + i];
        }
        write(at + done, tile, 0, n);
      }
      return;
    }
    for (int done = 0; done < elements; ) {
      int n = run(at + done, elements - done);
      doubles[window(at + done)].put(place(at + done), from, offset + done, n);
      done += n;
    }
  }

  /** One element. */
  public double read(long at) {
    return floats != null ? floats[window(at)].get(place(at)) : doubles[window(at)].get(place(at));
  }

  /** One element. */
  public void write(long at, double value) {
    if (floats != null) {
      floats[window(at)].put(place(at), (float) value);
    } else {
      doubles[window(at)].put(place(at), value);
    }
  }

  private int window(long at) {
    return (int) (at >> windowLog2);
  }

  private int place(long at) {
    return (int) (at & ((1L << windowLog2) - 1));
  }

  /** How many of {@code wanted} elements from {@code at} on lie in the same window. */
  private int run(long at, int wanted) {
    return (int) Math.min(wanted, (1L << windowLog2) - place(at));
  }

  /** A pointer that frees nothing. */
  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }

  /** A pointer that frees nothing but keeps what it points to. */
  private static final class FloatAddress extends FloatPointer {
    private final Object keep;

    FloatAddress(long address, long count, CpuMemory memory) {
      super((Pointer) null);
      this.address = address;
      this.limit = count;
      this.capacity = count;
      this.keep = memory;
    }
  }

  /** As {@link FloatAddress}. */
  private static final class DoubleAddress extends DoublePointer {
    private final Object keep;

    DoubleAddress(long address, long count, CpuMemory memory) {
      super((Pointer) null);
      this.address = address;
      this.limit = count;
      this.capacity = count;
      this.keep = memory;
    }
  }
}
