package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Moves numbers between the processor and a card, through memory that the card can read by itself.
 * Uploads return as soon as the values are in that memory: it has two halves, each filled from
 * front to back, and only a half that is about to be filled again is waited for.
 */
public final class CudaTransfers implements AutoCloseable {
  private static final int HALF = 1 << 25;
  private static final int ALIGNMENT = 256;

  /** Fills, or reads, a stretch of a transfer. */
  public interface Piece {
    /**
     * @param buffer memory of the stretch, little-endian
     * @param first first byte of the stretch within the whole transfer
     */
    void use(ByteBuffer buffer, long first);
  }

  private final CudaContext context;
  private final Pointer[] halves = new Pointer[2];
  private final Pointer[] events = new Pointer[2];
  private final boolean[] pending = new boolean[2];
  private Pointer landing;
  private int half;
  private int used;

  /** Copies to and from a card. */
  public CudaTransfers(CudaContext context) {
    this.context = context;
  }

  /** Writes bytes to an address of the card, piece by piece. */
  public void upload(long address, long bytes, Piece fill) {
    synchronized (context) {
      context.enter();
      for (long first = 0; first < bytes; ) {
        int count = (int) Math.min(bytes - first, HALF);
        Pointer place = reserve(count);
        fill.use(place.getByteBuffer(0, count).order(ByteOrder.LITTLE_ENDIAN), first);
        context.check(
            "cuMemcpyHtoDAsync",
            context.driver().cuMemcpyHtoDAsync_v2(address + first, place, count, context.stream()));
        first += count;
      }
    }
  }

  /** Reads bytes from an address of the card, once all steps before are done. */
  public void download(long address, long bytes, Piece read) {
    synchronized (context) {
      context.enter();
      if (landing == null) {
        landing = pinned();
      }
      for (long first = 0; first < bytes; ) {
        int count = (int) Math.min(bytes - first, HALF);
        context.check(
            "cuMemcpyDtoHAsync",
            context
                .driver()
                .cuMemcpyDtoHAsync_v2(landing, address + first, count, context.stream()));
        context.synchronize();
        read.use(landing.getByteBuffer(0, count).order(ByteOrder.LITTLE_ENDIAN), first);
        first += count;
      }
    }
  }

  /** A place for so many bytes that no copy reads any more. */
  private Pointer reserve(int bytes) {
    if (used + bytes > HALF || halves[half] == null) {
      if (halves[half] != null) {
        context.check(
            "cuEventRecord", context.driver().cuEventRecord(events[half], context.stream()));
        pending[half] = true;
        half = 1 - half;
      }
      used = 0;
      prepareHalf();
    }
    Pointer place = halves[half].share(used);
    used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return place;
  }

  private void prepareHalf() {
    if (halves[half] == null) {
      halves[half] = pinned();
      PointerByReference event = new PointerByReference();
      int withoutTiming = 2;
      context.check("cuEventCreate", context.driver().cuEventCreate(event, withoutTiming));
      events[half] = event.getValue();
    }
    if (pending[half]) {
      context.check("cuEventSynchronize", context.driver().cuEventSynchronize(events[half]));
      pending[half] = false;
    }
  }

  private Pointer pinned() {
    PointerByReference memory = new PointerByReference();
    context.check("cuMemAllocHost", context.driver().cuMemAllocHost_v2(memory, HALF));
    return memory.getValue();
  }

  @Override
  public void close() {
    synchronized (context) {
      if (context.isLost()) {
        return;
      }
      context.synchronize();
      for (int i = 0; i < halves.length; i++) {
        if (halves[i] != null) {
          context.driver().cuMemFreeHost(halves[i]);
          context.driver().cuEventDestroy_v2(events[i]);
          halves[i] = null;
        }
      }
      if (landing != null) {
        context.driver().cuMemFreeHost(landing);
        landing = null;
      }
    }
  }
}
