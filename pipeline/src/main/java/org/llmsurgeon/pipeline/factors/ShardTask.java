package org.llmsurgeon.pipeline.factors;

import java.io.Serializable;
import java.util.Locale;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.surgery.calibrate.Shard;

/**
 * One calibration task: some windows, in one pass over the data.
 *
 * @param shard the windows
 * @param pass index of the pass
 */
record ShardTask(Shard shard, int pass) implements Serializable {
  /** Name of its files, without the part that tells attempts apart. */
  String name() {
    return String.format(Locale.ROOT, "shard-%05d-pass-%03d", shard.index(), pass);
  }

  /** Its record in the run directory, relative. */
  String record(int shot) {
    return ShotStage.ACCUMULATE.file(shot, name() + ".json");
  }
}
