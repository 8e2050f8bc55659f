package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.Locale;
import org.llmsurgeon.surgery.Shard;

/**
 * One calibration task: some windows, some factors.
 *
 * @param shard the windows
 * @param group the factors
 */
record ShardTask(Shard shard, FactorGroup group) implements Serializable {
  /** Name of its files, without the part that tells attempts apart. */
  String name() {
    return String.format(Locale.ROOT, "shard-%05d-group-%03d", shard.index(), group.index());
  }

  /** Its record in the run directory, relative. */
  String record(int shot) {
    return RunDirectory.inShot(shot, "shards/" + name() + ".json");
  }
}
