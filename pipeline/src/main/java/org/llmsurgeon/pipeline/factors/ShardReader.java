package org.llmsurgeon.pipeline.factors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.pipeline.run.RunDirectory;

/**
 * Reads one factor out of the files of all shards, panel by panel, and checks at the end that what
 * was read is what was written.
 */
final class ShardReader implements AutoCloseable {
  private final List<ShardRecord.Part> parts = new ArrayList<>();
  private final List<ByteSource> files = new ArrayList<>();
  private final List<CRC32C> checksums = new ArrayList<>();
  private final ByteBuffer bytes =
      ByteBuffer.allocate(ShardFile.PANEL * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /**
   * Opens the files.
   *
   * @param run run directory
   * @param shards records that hold the factor, in the order of the shards
   * @param factor position of the factor among the model's
   */
  ShardReader(RunDirectory run, List<ShardRecord> shards, int factor) {
    try {
      for (ShardRecord shard : shards) {
        files.add(run.storage().open(run.resolve(shard.path())));
        parts.add(shard.part(factor));
        checksums.add(new CRC32C());
      }
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  /** How many shards there are. */
  int shards() {
    return files.size();
  }

  /**
   * Reads the next numbers of a shard.
   *
   * @param shard position among the shards
   * @param at first number; panels come in order and without gaps
   * @param target written from its start
   * @param count how many, at most {@link ShardFile#PANEL}
   */
  void read(int shard, long at, float[] target, int count) {
    ByteSource file = files.get(shard);
    bytes.clear().limit(count * Float.BYTES);
    try {
      file.read(parts.get(shard).offset() + at * Float.BYTES, bytes);
    } catch (IOException failure) {
      throw new InputException(
          file.name()
              + " cannot be read ("
              + Reason.of(failure)
              + "); its shot must be done again.",
          failure);
    }
    bytes.flip();
    checksums.get(shard).update(bytes.array(), 0, bytes.limit());
    bytes.asFloatBuffer().get(target, 0, count);
  }

  /**
   * Throws unless everything was read and is as it was written.
   *
   * @throws InputException naming the file
   */
  void checkIntact() {
    for (int i = 0; i < files.size(); i++) {
      if (checksums.get(i).getValue() != parts.get(i).crc32c()) {
        throw new InputException(
            files.get(i).name()
                + " is not as it was written; delete the folder of its shot and give the same"
                + " command again.");
      }
    }
  }

  @Override
  public void close() {
    for (ByteSource file : files) {
      try {
        file.close();
      } catch (IOException failure) {
        throw new UncheckedIOException(file.name() + " could not be closed", failure);
      }
    }
  }
}
