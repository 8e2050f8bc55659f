package org.llmsurgeon.pipeline;

import java.util.List;
import java.util.stream.LongStream;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.pruning.Units;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPlan;

/**
 * Says before a run what it will need, from the sizes alone. Times suppose that all cores are busy
 * as long as there are tasks, and that files are read at the rate of a disk.
 */
public final class ResourcePlanner {
  /** What Spark needs to start and end a stage, seconds. */
  private static final double STAGE_SECONDS = 0.1;

  /** Passes over the layers that find the threshold of single weights in a round; measured. */
  private static final int THRESHOLD_PASSES = 2;

  private final Workload work;
  private final Machines machines;
  private final ModelConfig config;
  private final PlannedFlops flops;
  private final PlannedBytes bytes;
  private final PlannedMemory memory;
  private final List<FactorKey> keys;
  private final PlannedPasses passes;

  private ResourcePlanner(Workload work, Machines machines, PlannedPasses passes) {
    this.work = work;
    this.machines = machines;
    this.config = work.config();
    this.passes = passes;
    this.keys = FactorPlan.keys(config, work.curvature());
    this.flops = new PlannedFlops(config);
    this.bytes = new PlannedBytes(work, passes);
    this.memory = new PlannedMemory(work, machines, bytes.parameters());
  }

  /**
   * A plan.
   *
   * @param work what is to be done
   * @param machines where
   */
  public static ResourcePlan plan(Workload work, Machines machines) {
    PlannedPasses passes =
        PlannedPasses.within(work.config(), work.curvature(), machines.factorBudget());
    return new ResourcePlanner(work, machines, passes).plan();
  }

  /**
   * A plan for a run whose groups of factors are fixed.
   *
   * @param work what is to be done
   * @param machines where
   * @param groups the groups
   */
  static ResourcePlan plan(Workload work, Machines machines, List<FactorGroup> groups) {
    PlannedPasses passes = new PlannedPasses(work.config(), work.curvature(), groups);
    return new ResourcePlanner(work, machines, passes).plan();
  }

  private ResourcePlan plan() {
    List<StagePlan> stages =
        List.of(hash(), tokenise(), accumulate(), reduce(), score(), cut(), evaluate(), write());
    return new ResourcePlan(
        bytes.parameters(),
        passes.groups(),
        stages,
        memory.reduce(keys),
        stages.stream().mapToLong(StagePlan::memory).max().orElse(0),
        bytes.disk());
  }

  private StagePlan hash() {
    return stage("hash", 1, 1, new Load(0, 0, bytes.stored(), 0, memory.process()));
  }

  private StagePlan tokenise() {
    int texts = (passes.count() > 0 ? 1 : 0) + (work.testWindows() > 0 ? 1 : 0);
    long written = bytes.windows() / Math.max(1, texts);
    return stage("tokenise", texts, 1, new Load(0, 0, 0, written, memory.process()));
  }

  /** Passes of a shot, each a stage; a later shot of a power iteration has one less. */
  private int times() {
    return work.shots() * Math.max(1, passes.count());
  }

  private StagePlan accumulate() {
    if (passes.count() == 0) {
      return stage("accumulate", times(), 0, Load.NONE);
    }
    long tasks = (long) passes.groups() * work.shards() / passes.count();
    // The evaluation before has left the model where it is.
    long loads = work.testWindows() > 0 ? 0 : Math.min(machines.executors(), tasks);
    long models = LongStream.range(0, work.shots()).map(shot -> bytes.model((int) shot)).sum();
    long weighing = work.shards() * passes.weighingBytes();
    long written = work.shards() * passes.shardBytes();
    Load load =
        new Load(
            work.tokens() * passes.flops(work.context()) / passes.count(),
            0,
            loads * models / times()
                + bytes.windowReads(tasks, bytes.calibration())
                + weighing / passes.count(),
            written / passes.count(),
            memory.accumulate(passes.taskBytes()));
    return stage("accumulate", times(), Math.toIntExact(tasks), load);
  }

  private StagePlan reduce() {
    int count = Math.max(1, passes.count());
    Load load =
        new Load(
            0,
            0,
            work.shards() * passes.shardBytes() / count,
            passes.factorBytes() / count,
            memory.reduce(keys));
    return stage("reduce", times(), keys.isEmpty() ? 0 : 1, load);
  }

  private StagePlan score() {
    boolean units = work.recipe().structures() instanceof Units;
    double total =
        config.linears().stream()
            .mapToDouble(each -> units ? flops.path(each) : flops.score(each))
            .sum();
    int rounds = work.recipe().selection().rounds();
    int passes = work.sparse() ? rounds * THRESHOLD_PASSES : rounds;
    int tasks = work.inGroups() ? 2 * config.blocks() : layers();
    Load load = new Load(0, total, bytes.layers(), 0, memory.score());
    return stage("score", work.shots() * passes, tasks, load);
  }

  private StagePlan cut() {
    double total = config.linears().stream().mapToDouble(each -> cut(each, work.share() / 2)).sum();
    return stage(
        "cut",
        work.shots(),
        layers(),
        new Load(0, total, bytes.layers(), bytes.cut(), memory.cut()));
  }

  private double cut(LinearShape layer, double share) {
    if (work.sparse()) {
      return flops.cut(layer, work.recipe().elements().update(), share);
    }
    return work.recipe().structures() instanceof Units
        ? flops.cutOfUnits(layer, share)
        : flops.cut(layer, share);
  }

  private StagePlan evaluate() {
    int times = work.shots() + 2;
    int tasks = Evaluator.ranges(work.testWindows(), work.context()).size();
    if (tasks == 0) {
      return stage("evaluate", times, 0, Load.NONE);
    }
    // The model as it came, after each shot, and the folder that was written.
    long models = bytes.stored();
    for (int shot = 0; shot <= work.shots(); shot++) {
      models += bytes.model(shot);
    }
    long read =
        Math.min(machines.executors(), tasks) * models / times
            + bytes.windowReads(tasks, bytes.test());
    double total = work.testTokens() * flops.forward(work.context());
    return stage("evaluate", times, tasks, new Load(total, 0, read, 0, memory.evaluate()));
  }

  private StagePlan write() {
    Load load = new Load(0, 0, bytes.model(work.shots()), bytes.stored(), memory.process());
    return stage("write", 1, 1, load);
  }

  /**
   * What a stage does.
   *
   * @param single flops in single precision
   * @param inverse flops in double precision
   * @param read bytes
   * @param written bytes
   * @param memory bytes of a process
   */
  private record Load(double single, double inverse, long read, long written, long memory) {
    static final Load NONE = new Load(0, 0, 0, 0, 0);
  }

  private StagePlan stage(String name, int times, int tasks, Load load) {
    Machines.Rates rates = machines.rates();
    double computing =
        (load.single / rates.single() + load.inverse / rates.inverse()) / busy(tasks);
    double moving = (load.read + load.written) / rates.disk();
    return new StagePlan(
        name,
        times,
        tasks,
        load.single + load.inverse,
        load.read,
        load.written,
        0,
        load.memory,
        tasks == 0 ? 0 : STAGE_SECONDS + computing + moving);
  }

  /** Cores that work, in the mean: in the last wave of tasks some may be idle. */
  private double busy(int tasks) {
    int waves = (tasks + machines.slots() - 1) / machines.slots();
    return Math.max(1, (double) tasks / Math.max(1, waves));
  }

  private int layers() {
    return config.linears().size();
  }
}
