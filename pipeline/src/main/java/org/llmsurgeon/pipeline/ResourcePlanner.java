package org.llmsurgeon.pipeline;

import java.util.List;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.model.ModelSize;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPlan;

/**
 * Says before a run what it will need, from the sizes alone. Times suppose that all cores are busy
 * as long as there are tasks, and that files are read at the rate of a disk.
 */
public final class ResourcePlanner {
  private static final int FLOAT = Float.BYTES;

  /** What Spark needs to start and end a stage, seconds. */
  private static final double STAGE_SECONDS = 0.1;

  /** Most of a factor's file that its writer gathers. */
  private static final long BATCH_BYTES = 64L << 20;

  /** Double matrices of the larger factor that a task on a layer holds at a time. */
  private static final int LAYER_MATRICES = 5;

  private final Workload work;
  private final Machines machines;
  private final ModelConfig config;
  private final PlannedFlops flops;
  private final List<FactorKey> keys;
  private final PlannedPasses passes;

  private ResourcePlanner(Workload work, Machines machines) {
    this.work = work;
    this.machines = machines;
    this.config = work.config();
    this.flops = new PlannedFlops(config);
    this.keys = FactorPlan.keys(config, work.curvature());
    this.passes = new PlannedPasses(config, work.curvature(), machines.factorBudget());
  }

  /**
   * A plan.
   *
   * @param work what is to be done
   * @param machines where
   */
  public static ResourcePlan plan(Workload work, Machines machines) {
    return new ResourcePlanner(work, machines).plan();
  }

  private ResourcePlan plan() {
    return new ResourcePlan(
        parameters(),
        passes.groups(),
        List.of(tokenise(), accumulate(), reduce(), score(), cut(), evaluate(), write()),
        driverBytes(),
        Math.max(calibrationBytes(), layerBytes()),
        passes.largestShardBytes() * work.shards()
            + factorBytes()
            + 2 * cutBytes()
            + windowBytes());
  }

  private StagePlan tokenise() {
    return stage("tokenise", 1, 1, new Load(0, 0, 0, windowBytes()));
  }

  private StagePlan accumulate() {
    double total = work.tokens() * passes.flops(work.context());
    long tasks = (long) passes.groups() * work.shards();
    long loads = Math.min(machines.executors(), tasks);
    long read = loads * modelBytes() + tasks * windowBytes();
    Load load = new Load(total, 0, read, work.shards() * passes.shardBytes());
    return stage("accumulate", work.shots(), Math.toIntExact(tasks), load);
  }

  private StagePlan reduce() {
    Load load = new Load(0, 0, work.shards() * passes.shardBytes(), passes.factorBytes());
    return stage("reduce", work.shots(), keys.isEmpty() ? 0 : 1, load);
  }

  private StagePlan score() {
    double total = config.linears().stream().mapToDouble(flops::score).sum();
    return stage("score", work.shots(), layers(), new Load(0, total, layerReads(), 0));
  }

  private StagePlan cut() {
    double half = work.sparsity() / 2;
    double total = config.linears().stream().mapToDouble(each -> flops.cut(each, half)).sum();
    return stage("cut", work.shots(), layers(), new Load(0, total, layerReads(), cutBytes()));
  }

  private StagePlan evaluate() {
    int tasks = Evaluator.ranges(work.testWindows(), work.context()).size();
    double total = work.testTokens() * flops.forward(work.context());
    long read = Math.min(machines.executors(), tasks) * modelBytes() + tasks * windowBytes();
    return stage("evaluate", work.shots() + 2, tasks, new Load(total, 0, tasks == 0 ? 0 : read, 0));
  }

  private StagePlan write() {
    long stored = parameters() * work.weightBytes();
    return stage("write", 1, 1, new Load(0, 0, stored, stored));
  }

  /**
   * What a stage does.
   *
   * @param single flops in single precision
   * @param inverse flops in double precision
   * @param read bytes
   * @param written bytes
   */
  private record Load(double single, double inverse, long read, long written) {}

  private StagePlan stage(String name, int times, int tasks, Load load) {
    int busy = Math.max(1, Math.min(tasks, machines.slots()));
    Machines.Rates rates = machines.rates();
    double computing = (load.single / rates.single() + load.inverse / rates.inverse()) / busy;
    double moving = (load.read + load.written) / rates.disk();
    return new StagePlan(
        name,
        times,
        tasks,
        load.single + load.inverse,
        load.read,
        load.written,
        0,
        tasks == 0 ? 0 : STAGE_SECONDS + computing + moving);
  }

  private int layers() {
    return config.linears().size();
  }

  private long parameters() {
    return config.expectedTensors().values().stream().mapToLong(ResourcePlanner::elements).sum();
  }

  private static long elements(int[] shape) {
    long elements = 1;
    for (int size : shape) {
      elements *= size;
    }
    return elements;
  }

  /** All mean factors: full matrices in single precision. */
  private long factorBytes() {
    return keys.stream().mapToLong(key -> (long) FLOAT * key.size() * key.size()).sum();
  }

  /** New weights of all layers, in single precision. */
  private long cutBytes() {
    return config.linears().stream().mapToLong(layer -> FLOAT * layer.weights()).sum();
  }

  private long windowBytes() {
    return Integer.BYTES * (work.tokens() + work.testTokens());
  }

  /** The model as tasks read it: its folder, with the layers of the last shot in their place. */
  private long modelBytes() {
    return parameters() * work.weightBytes();
  }

  /** Each layer's weight and both its factors; a shared one is read by each of its layers. */
  private long layerReads() {
    long bytes = cutBytes();
    for (LinearShape layer : config.linears()) {
      bytes += work.curvature().kind().needsData() ? square(layer.augmentedInputs()) : 0;
      bytes += work.curvature().kind().ofLoss() ? square(layer.outputs()) : 0;
    }
    return bytes;
  }

  private static long square(long size) {
    return FLOAT * size * size;
  }

  /** A batch of the largest factor's file in the reduction, and a panel on its way to disk. */
  private long driverBytes() {
    long largest = keys.stream().mapToLong(key -> square(key.size())).max().orElse(0);
    return Math.min(BATCH_BYTES, largest) + FLOAT * ShardFile.PANEL;
  }

  /** Model, and for each core the sums of a group, kept results, one block's results, logits. */
  private long calibrationBytes() {
    long sums = passes.taskBytes();
    ModelSize size = config.size();
    int tokens =
        Math.max(1, MemoryLimits.DEFAULT.tokensPerBlock() / work.context()) * work.context();
    long wide = 4L * size.hidden() + 3L * size.queryWidth() + 3L * size.feedForward();
    long block = FLOAT * tokens * wide;
    long kept = Math.min(machines.keepBytes(), block * config.blocks());
    long logits =
        Math.min(MemoryLimits.DEFAULT.logitBytes(), (long) FLOAT * tokens * size.vocabulary());
    return FLOAT * parameters() + machines.cores() * (sums + kept + 2 * block + logits);
  }

  private long layerBytes() {
    long largest =
        config.linears().stream()
            .mapToLong(layer -> Math.max(layer.outputs(), layer.augmentedInputs()))
            .max()
            .orElse(0);
    return machines.cores() * LAYER_MATRICES * Double.BYTES * largest * largest;
  }
}
