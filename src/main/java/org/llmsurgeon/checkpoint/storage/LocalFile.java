package org.llmsurgeon.checkpoint.storage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file of this machine, mapped where that works. */
final class LocalFile implements ByteSource {
  private static final Logger LOG = LoggerFactory.getLogger(LocalFile.class);

  private final String name;
  private final FileChannel channel;
  private final long length;

  LocalFile(String name, Path path) throws IOException {
    this.name = name;
    this.channel = FileChannel.open(path, StandardOpenOption.READ);
    this.length = channel.size();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public void read(long position, ByteBuffer target) throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = channel.read(target, at);
      if (count < 0) {
        throw new EOFException(
            name + " ends at byte " + at + ", " + target.remaining() + " bytes early");
      }
      at += count;
    }
  }

  @Override
  public Optional<MappedBytes> map(long position, long length) {
    if (length > Integer.MAX_VALUE || position + length > this.length) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          MappedBytes.of(channel.map(FileChannel.MapMode.READ_ONLY, position, length)));
    } catch (IOException e) {
      LOG.debug("{} cannot be mapped and is read instead", name, e);
      return Optional.empty();
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
