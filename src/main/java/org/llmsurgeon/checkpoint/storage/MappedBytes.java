package org.llmsurgeon.checkpoint.storage;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A part of a file in memory, given back on closing. Java itself gives mapped memory back when its
 * collector comes by, and with a heap as idle as ours that is hours later: until then the pages of
 * every shot's weights stay in the process, and those of deleted files on the disk.
 */
public final class MappedBytes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MappedBytes.class);

  private final MappedByteBuffer buffer;
  private final AtomicBoolean closed = new AtomicBoolean();

  private MappedBytes(MappedByteBuffer buffer) {
    this.buffer = buffer;
  }

  /**
   * @param buffer as the file gave it: neither a slice nor a duplicate
   */
  static MappedBytes of(MappedByteBuffer buffer) {
    return new MappedBytes(buffer);
  }

  /**
   * The bytes, read-only and little-endian. Whoever reads them after {@link #close} ends the
   * process.
   */
  public ByteBuffer view() {
    if (closed.get()) {
      throw new IllegalStateException("The mapped bytes were used after they had been closed");
    }
    return buffer.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Gives the memory back; a second time does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Unmapping.run(buffer);
    }
  }

  /** The one way that Java 17 has; where it is closed the collector does it, later. */
  private static final class Unmapping {
    private static final Object UNSAFE;
    private static final Method INVOKE_CLEANER;

    static {
      Object unsafe = null;
      Method cleaner = null;
      try {
        Class<?> type = Class.forName("sun.misc.Unsafe");
        Field field = type.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        unsafe = field.get(null);
        cleaner = type.getMethod("invokeCleaner", ByteBuffer.class);
      } catch (ReflectiveOperationException | RuntimeException absent) {
        LOG.debug("Mapped memory is left to the collector", absent);
      }
      UNSAFE = unsafe;
      INVOKE_CLEANER = cleaner;
    }

    static void run(MappedByteBuffer buffer) {
      if (INVOKE_CLEANER == null) {
        return;
      }
      try {
        INVOKE_CLEANER.invoke(UNSAFE, buffer);
      } catch (ReflectiveOperationException failure) {
        LOG.debug("Mapped memory is left to the collector", failure);
      }
    }
  }
}
