package org.llmsurgeon.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.MappedBytes;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * Tensors beyond 2 GiB, from a file that is made up as it is read, to a device that only checks.
 */
class LargeTensorTest {
  private static final int ROWS = 1025;
  private static final int COLUMNS = 1 << 19;
  private static final long BYTES = 4L * ROWS * COLUMNS;

  @Test
  void aTensorBeyondTwoGibibytesIsLoadedInChunks() throws IOException {
    Checks checks = new Checks();
    try (Safetensors file = Safetensors.open(new MadeUpSource())) {
      Tensor tensor = file.load("w", checks.device());
      assertThat(tensor).isSameAs(checks.tensor);
    }
    assertThat(checks.next).isEqualTo((long) ROWS * COLUMNS);
  }

  /** Each chunk read starts with its position among the floats. */
  private static final class MadeUpSource implements ByteSource {
    private final byte[] head =
        MemorySource.safetensors(
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]}}"
                .formatted(ROWS, COLUMNS, BYTES),
            0);

    @Override
    public String name() {
      return "made up";
    }

    @Override
    public long length() {
      return head.length + BYTES;
    }

    @Override
    public void read(long position, ByteBuffer target) {
      if (position < head.length) {
        int count = (int) Math.min(target.remaining(), head.length - position);
        target.put(head, (int) position, count);
      } else {
        long index = (position - head.length) / 4;
        target.order(ByteOrder.LITTLE_ENDIAN).putInt(target.position(), (int) index);
      }
      target.position(target.limit());
    }

    @Override
    public Optional<MappedBytes> map(long position, long length) {
      throw new AssertionError("no buffer holds " + length + " bytes");
    }

    @Override
    public void close() {}
  }

  /** A device that knows where each uploaded chunk came from. */
  private static final class Checks {
    private final Tensor tensor = stub(Tensor.class, (method, arguments) -> null);
    private long next;

    Device device() {
      return stub(
          Device.class,
          (method, arguments) -> {
            if (method.equals("upload")) {
              upload((float[]) arguments[0], (long) arguments[3], (int) arguments[4]);
              return null;
            }
            assertThat(method).isEqualTo("empty");
            assertThat(arguments).contains(ROWS, COLUMNS);
            return tensor;
          });
    }

    private void upload(float[] values, long at, int count) {
      assertThat(at).isEqualTo(next);
      assertThat(Float.floatToRawIntBits(values[0])).isEqualTo((int) at);
      next += count;
    }

    private static <T> T stub(Class<T> type, Answer answer) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (self, method, arguments) ->
                  switch (method.getName()) {
                    case "equals" -> self == arguments[0];
                    case "hashCode" -> 1;
                    case "toString" -> type.getSimpleName();
                    default -> answer.to(method.getName(), arguments);
                  }));
    }
  }

  /** What a stub does. */
  private interface Answer {
    Object to(String method, Object[] arguments);
  }
}
