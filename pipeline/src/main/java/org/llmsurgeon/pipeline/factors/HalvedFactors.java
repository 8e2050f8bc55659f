package org.llmsurgeon.pipeline.factors;

import java.util.List;
import java.util.Optional;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;

/** Mean factors over each half of a shot's shards, made of the sums that are there anyway. */
public final class HalvedFactors {
  private HalvedFactors() {}

  /**
   * Makes them.
   *
   * @param shot whose factors were gathered in one pass
   * @return of the first and of the second half; empty where there is no half, or the sums of the
   *     shards are gone
   */
  public static Optional<List<FactorsManifest>> of(ShotContext shot) {
    RunDirectory run = shot.run();
    List<FactorPass> passes = FactorPlan.passes(shot.recipe().curvature(), shot.shot());
    if (passes.size() != 1 || shot.plan().shards().size() < 2) {
      return Optional.empty();
    }
    FactorPass pass = passes.get(0);
    List<ShardRecord> records =
        shot.plan().shards().stream()
            .map(shard -> new ShardTask(shard, pass.index()).record(shot.shot()))
            .flatMap(path -> run.finished(path, ShardRecord.class).stream())
            .toList();
    if (records.size() < shot.plan().shards().size()) {
      return Optional.empty();
    }
    List<FactorKey> keys = pass.keys(shot.config());
    int middle = records.size() / 2;
    return Optional.of(
        List.of(
            means(shot, keys, records.subList(0, middle)),
            means(shot, keys, records.subList(middle, records.size()))));
  }

  private static FactorsManifest means(
      ShotContext shot, List<FactorKey> keys, List<ShardRecord> half) {
    Reduction reduction = new Reduction(shot.run(), shot.shot(), keys, half);
    List<FactorsManifest.Factor> factors =
        shot.session().reduce().onExecutors(reduction.bytes())
            ? reduction
                .onExecutors(
                    shot.session().tasks().quiet(), shot.stage("halves"), shot.session().settings())
                .value()
            : reduction.onDriver(Progress.silent());
    return new FactorsManifest(reduction.size(), null, factors, 0, 0);
  }
}
