package org.llmsurgeon.pipeline.factors;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.TaskRunner;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.Shard;

/**
 * Sums the shards of every factor and writes the means, on the driver or in tasks: the same bytes
 * either way. Memory of one factor as in {@link FactorReduction}.
 */
final class Reduction {
  private final RunDirectory run;
  private final int shot;
  private final List<FactorKey> keys;
  private final List<ShardRecord> shards;
  private final long tokens;

  /**
   * A reduction.
   *
   * @param run run directory
   * @param shot from 1
   * @param keys all factors of a pass, in order
   * @param shards all records of the pass, sorted by shard
   */
  public Reduction(RunDirectory run, int shot, List<FactorKey> keys, List<ShardRecord> shards) {
    this.run = run;
    this.shot = shot;
    this.keys = keys;
    this.shards = shards;
    this.tokens = shards.stream().mapToLong(ShardRecord::tokens).sum();
  }

  /** File of an attempt at a factor, relative to the run directory. */
  static String path(int shot, FactorKey key, String attempt) {
    return ShotStage.REDUCE.file(shot, key.label() + "-" + attempt + ".safetensors");
  }

  /** Data that the means are over. */
  CalibrationSize size() {
    int windows = shards.stream().mapToInt(each -> each.shard().to() - each.shard().from()).sum();
    return new CalibrationSize(tokens, windows);
  }

  /** Mean loss of the calibration windows, in nats, or null where none was computed. */
  Double meanLoss() {
    double[] losses =
        shards.stream().flatMapToDouble(shard -> DoubleStream.of(shard.losses())).toArray();
    return losses.length == 0 ? null : DoubleStream.of(losses).sum() / losses.length;
  }

  /** Bytes of all shards together. */
  long bytes() {
    return shards.stream()
        .flatMap(shard -> shard.parts().stream())
        .mapToLong(ShardRecord.Part::length)
        .sum();
  }

  /**
   * Reduces all factors in this process.
   *
   * @param progress told of each
   * @return where they are, in order
   * @throws ArithmeticException if a mean is not finite, naming layer and factor
   */
  public List<FactorsManifest.Factor> onDriver(Progress progress) {
    List<FactorsManifest.Factor> factors = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      FactorKey key = keys.get(i);
      String path = path(shot, key, UUID.randomUUID().toString());
      factors.add(new FactorReduction(run, key, i, tokens).write(shards, path));
      progress.taskFinished();
    }
    return factors;
  }

  /**
   * Reduces all factors in tasks, the largest first.
   *
   * @param tasks runs them
   * @param stage name of the stage
   * @param settings how they reach the files
   * @return where the factors are, in order
   */
  Timed<List<FactorsManifest.Factor>> onExecutors(
      TaskRunner tasks, StageName stage, HadoopSettings settings) {
    List<ReduceTask.Item> items =
        IntStream.range(0, keys.size())
            .mapToObj(i -> new ReduceTask.Item(keys.get(i), i, shards.get(0).pass()))
            .sorted(Comparator.comparingInt(item -> -item.key().size()))
            .toList();
    List<Shard> all = shards.stream().map(ShardRecord::shard).toList();
    Timed<List<FactorsManifest.Factor>> made =
        tasks.run(stage, items, new ReduceTask(run.path(), shot, all, tokens, settings));
    FactorsManifest.Factor[] factors = new FactorsManifest.Factor[keys.size()];
    for (int i = 0; i < factors.length; i++) {
      factors[items.get(i).factor()] = made.value().get(i);
    }
    return new Timed<>(List.of(factors), made.seconds());
  }
}
