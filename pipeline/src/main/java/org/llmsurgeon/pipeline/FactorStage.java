package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPlan;
import org.llmsurgeon.surgery.Shard;

/**
 * Gathers the mean factors of a shot: a task per shard and group of factors, then their sums, where
 * {@link ReducePlace} says. Shards that are there already are not done again.
 */
final class FactorStage {
  private final ShotContext shot;
  private final RunDirectory run;

  /**
   * The stage of a shot.
   *
   * @param shot the shot
   */
  FactorStage(ShotContext shot) {
    this.shot = shot;
    this.run = shot.run();
  }

  /** The mean factors, gathered where they are not there yet. */
  FactorsManifest factors() {
    String path = FactorsManifest.path(shot.shot());
    return run.finished(path, FactorsManifest.class)
        .orElseGet(
            () -> {
              FactorsManifest factors = gather();
              run.commit(path, factors);
              return factors;
            });
  }

  private FactorsManifest gather() {
    CurvatureKind curvature = shot.recipe().curvature().kind();
    if (!curvature.needsData()) {
      return new FactorsManifest(0, null, List.of(), 0, 0);
    }
    List<FactorKey> keys = FactorPlan.keys(shot.config(), curvature);
    Timed<List<ShardRecord>> shards = accumulate();
    Reduction reduction = new Reduction(run, shot.shot(), keys, shards.value());
    Timed<List<FactorsManifest.Factor>> factors = reduce(reduction, keys.size());
    return new FactorsManifest(
        reduction.tokens(),
        reduction.meanLoss(),
        factors.value(),
        shards.seconds(),
        factors.seconds());
  }

  private Timed<List<FactorsManifest.Factor>> reduce(Reduction reduction, int factors) {
    Session session = shot.session();
    StageName stage = shot.stage("reduce");
    if (session.reduce().onExecutors(session.spark().isLocal(), reduction.bytes())) {
      return reduction.onExecutors(session.tasks(), stage, session.settings());
    }
    Progress progress = session.progress();
    return Timed.onDriver(progress, stage, factors, () -> reduction.onDriver(progress));
  }

  private WindowsFile targets() {
    boolean ofDense = shot.recipe().curvature().fisher().kind() == FisherKind.KL;
    return ofDense ? new DenseTargets(shot).file() : null;
  }

  /** All records, sorted by shard. */
  private Timed<List<ShardRecord>> accumulate() {
    List<ShardRecord> records = new ArrayList<>();
    List<ShardTask> missing = new ArrayList<>();
    for (FactorGroup group : shot.plan().groups()) {
      for (Shard shard : shot.plan().shards()) {
        ShardTask task = new ShardTask(shard, group);
        run.finished(task.record(shot.shot()), ShardRecord.class)
            .ifPresentOrElse(records::add, () -> missing.add(task));
      }
    }
    Session session = shot.session();
    AccumulateTask work =
        new AccumulateTask(shot.work(), shot.plan().calibration(shot.shot()), targets());
    Timed<List<ShardRecord>> made =
        session
            .tasks()
            .onGpus()
            .run(
                shot.stage("accumulate"),
                missing,
                work,
                record -> run.commit(record.task().record(shot.shot()), record));
    records.addAll(made.value());
    records.sort(Comparator.comparingInt(record -> record.shard().index()));
    return new Timed<>(records, made.seconds());
  }
}
