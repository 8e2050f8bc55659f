package org.llmsurgeon.pipeline.factors;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.surgery.calibrate.Shard;

/**
 * What one task has accumulated: where its sums are.
 *
 * @param shard the windows
 * @param pass index of the pass
 * @param path file of the sums, relative to the run directory: packed lower triangles in
 *     little-endian float32, one factor after the other as they were finished
 * @param tokens tokens of the shard
 * @param losses mean cross-entropy of each window, nats; empty where none was computed
 * @param parts one per factor of the pass, in the order of {@link
 *     org.llmsurgeon.surgery.calibrate.FactorPass#keys}
 */
record ShardRecord(
    Shard shard, int pass, String path, long tokens, double[] losses, List<Part> parts)
    implements Serializable {
  /** Copies the list. */
  public ShardRecord {
    parts = List.copyOf(parts);
  }

  /**
   * One factor's sum in the file.
   *
   * @param offset its first byte
   * @param length its bytes
   * @param crc32c CRC-32C of these bytes
   */
  public record Part(long offset, long length, long crc32c) implements Serializable {}

  /**
   * Where a factor's sum is.
   *
   * @param factor its position among those of the pass
   */
  Part part(int factor) {
    return parts.get(factor);
  }

  /** The task that made it. */
  ShardTask task() {
    return new ShardTask(shard, pass);
  }
}
