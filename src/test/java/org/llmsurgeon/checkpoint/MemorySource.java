package org.llmsurgeon.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.llmsurgeon.checkpoint.storage.ByteSource;

/** A file in memory that cannot be mapped. */
public final class MemorySource implements ByteSource {
  private final byte[] bytes;
  private boolean closed;

  public MemorySource(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Bytes of a safetensors file with this header, as given, and this data. */
  public static byte[] safetensors(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    for (int i = 0; i < dataBytes; i++) {
      file.put((byte) i);
    }
    return file.array();
  }

  public boolean isClosed() {
    return closed;
  }

  @Override
  public String name() {
    return "memory.safetensors";
  }

  @Override
  public long length() {
    return bytes.length;
  }

  @Override
  public void read(long position, ByteBuffer target) throws IOException {
    if (position + target.remaining() > bytes.length) {
      throw new EOFException("end of memory");
    }
    target.put(bytes, (int) position, target.remaining());
  }

  @Override
  public void close() {
    closed = true;
  }
}
