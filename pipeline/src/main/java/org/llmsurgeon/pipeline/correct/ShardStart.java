package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.surgery.calibrate.Shard;

/**
 * Where a shard's windows set out: at the embedding, or at a block that all before it let through.
 *
 * @param shard the windows
 * @param block index of the block that is next
 * @param reached for each window what that block reads in the dense and in the pruned model; empty
 *     at the embedding
 */
record ShardStart(Shard shard, int block, List<StoredTensors> reached) implements Serializable {
  /** A shard at its embedding. */
  static ShardStart of(Shard shard) {
    return new ShardStart(shard, 0, List.of());
  }
}
