package org.llmsurgeon.pipeline.forecast;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.cpu.operand.BufferPool;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.PlannedBytes;
import org.llmsurgeon.pipeline.forecast.size.PlannedFlops;
import org.llmsurgeon.pipeline.forecast.size.PlannedMemory;
import org.llmsurgeon.pipeline.forecast.size.PlannedPasses;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.pipeline.run.SavedFolders;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.choose.TrustRegion;

/**
 * Says before a run what it will need, from the sizes alone. Times suppose that all cores are busy
 * as long as there are tasks, and that files are read at the rate of a disk.
 */
final class ResourcePlanner {
  /** Passes over the layers that find the threshold of single weights in a round; measured. */
  private static final int THRESHOLD_PASSES = 2;

  private final Workload work;
  private final Machines machines;
  private final ModelConfig config;
  private final PlannedFlops flops;
  private final PlannedBytes bytes;
  private final PlannedMemory memory;
  private final PlannedMemory cards;
  private final List<FactorKey> keys;
  private final PlannedPasses passes;
  private final PlannedTime time;
  private final PlannedCorrections corrections;

  private ResourcePlanner(Workload work, Machines machines, PlannedPasses passes) {
    this.work = work;
    this.machines = machines;
    this.config = work.config();
    this.passes = passes;
    this.keys = FactorPlan.keys(config, work.curvature());
    this.flops = new PlannedFlops(config);
    this.bytes = new PlannedBytes(work, passes);
    this.memory = new PlannedMemory(work, machines, bytes.parameters());
    this.cards = memory.onCards();
    this.time = new PlannedTime(machines);
    this.corrections = new PlannedCorrections(work, machines, bytes, memory);
  }

  /**
   * A plan.
   *
   * @param work what is to be done
   * @param machines where
   */
  public static ResourcePlan plan(Workload work, Machines machines) {
    return new ResourcePlanner(work, machines, new PlannedPasses(work)).plan();
  }

  private ResourcePlan plan() {
    List<StagePlan> stages = new ArrayList<>();
    if (work.curvature().fisher().kind() == FisherKind.KL) {
      stages.add(draw());
    }
    stages.addAll(List.of(accumulate(), reduce()));
    if (work.curvature().kind() == CurvatureKind.EKFAC) {
      stages.add(eigenvectors());
    }
    if (work.recipe().calibration().checked()) {
      stages.add(halves());
    }
    stages.addAll(List.of(score(), cut()));
    if (work.recipe().selection().trusted()) {
      stages.add(trust());
    }
    stages.addAll(corrections.stages());
    StagePlan evaluate = evaluate();
    stages.addAll(List.of(evaluate, write(), export()));
    stages = keeping(stages, evaluate.memory().tensors());
    stages.addAll(0, List.of(hash(), inspect(), tokenise()));
    return new ResourcePlan(
        bytes.parameters(),
        passes.first(),
        stages,
        memory.reduce(1).process(),
        stages.stream().mapToLong(stage -> stage.memory().process()).max().orElse(0),
        bytes.disk());
  }

  /**
   * Stages in a process that keeps for the next what tensors of one took: all that came before, and
   * in a later shot all of the shot before.
   *
   * @param stages in order
   * @param first bytes of tensors of the stage that comes first, which is among the last of these
   */
  private List<StagePlan> keeping(List<StagePlan> stages, long first) {
    long most = first;
    if (work.shots() > 1) {
      most = stages.stream().mapToLong(stage -> stage.memory().tensors()).max().orElse(first);
    }
    List<StagePlan> keeping = new ArrayList<>();
    for (StagePlan stage : stages) {
      long own = stage.memory().tensors();
      long ever = Math.max(most, own);
      keeping.add(stage.keeping(Math.min(ever, BufferPool.mostKept(ever, own))));
      most = ever;
    }
    return keeping;
  }

  private StagePlan hash() {
    // The model, and the texts, of which a plan does not know the size.
    return stage("hash", 1, 1, new PlannedLoad(0, 0, bytes.stored(), 0, memory.process()));
  }

  /** Counts the zeros that are there. */
  private StagePlan inspect() {
    return stage(
        "inspect", 1, layers(), new PlannedLoad(0, 0, bytes.linears(), 0, memory.process()));
  }

  private StagePlan tokenise() {
    int texts = (passes.count() > 0 ? 1 : 0) + (work.testWindows() > 0 ? 1 : 0);
    long written = bytes.windows() / Math.max(1, texts);
    return stage("tokenise", texts, 1, new PlannedLoad(0, 0, 0, written, memory.process()));
  }

  /** Targets of the dense model, which is there when it was evaluated just before. */
  private StagePlan draw() {
    int times = work.recipe().calibration().fresh() ? work.shots() : 1;
    int loads = times - (work.testWindows() > 0 ? 1 : 0);
    long models = Math.min(machines.executors(), work.shards()) * loads * bytes.stored() / times;
    long read = models + bytes.windowReads(work.shards(), bytes.calibration());
    double total = work.tokens() * flops.forward(work.context());
    PlannedLoad load = new PlannedLoad(total, 0, read, 0, cards.draw());
    double numbers = work.tokens() * flops.numbers(work.context());
    return stage("draw", times, work.shards(), load.touching(numbers));
  }

  private StagePlan accumulate() {
    int times = passes.count();
    if (times == 0) {
      return stage("accumulate", work.shots(), 0, PlannedLoad.NONE);
    }
    long tasks = (long) work.shards() * times;
    long loads = Math.min(machines.executors(), tasks / times) * models();
    long earlier = work.shards() * passes.earlierBytes();
    PlannedLoad load =
        new PlannedLoad(
            work.tokens() * passes.flops(work.context(), cards.doneAgain(passes.sums())) / times,
            0,
            (loads + bytes.windowReads(tasks, bytes.calibration()) + earlier) / times,
            work.shards() * passes.shardBytes() / times,
            cards.accumulate(passes.sums()));
    double numbers = work.tokens() * passes.numbers(work.context()) / times;
    return stage("accumulate", times, Math.toIntExact(tasks / times), load.touching(numbers));
  }

  /** Bytes of the models that one process loads for all passes. */
  private long models() {
    boolean eigenvectors = work.curvature().kind() == CurvatureKind.EKFAC;
    boolean fresh = work.recipe().calibration().fresh();
    boolean drawn = work.curvature().fisher().kind() == FisherKind.KL;
    long models = 0;
    for (int shot = 0; shot < work.shots(); shot++) {
      // The evaluation before has left the model where it is, unless another was needed since.
      boolean there = work.testWindows() > 0 && !(drawn && fresh && shot > 0);
      int loads = (there ? 0 : 1) + (eigenvectors ? 1 : 0);
      models += loads * bytes.model(shot);
    }
    return models + saved() * bytes.model(work.shots());
  }

  /** Models that are kept on the way. */
  private int saved() {
    return SavedFolders.of(work.recipe()).size();
  }

  private StagePlan reduce() {
    int count = Math.max(1, passes.count());
    long read = work.shards() * passes.shardBytes() / count;
    int tasks = ReducePlace.AUTO.onExecutors(read) ? keys.size() : Math.min(1, keys.size());
    PlannedLoad load =
        new PlannedLoad(0, 0, read, passes.factorBytes() / count, memory.reduce(tasks));
    int times = passes.count() == 0 ? work.shots() : passes.count();
    return stage("reduce", times, tasks, load);
  }

  private StagePlan eigenvectors() {
    double total = config.linears().stream().mapToDouble(flops::eigenvectors).sum();
    PlannedLoad load =
        new PlannedLoad(
            0,
            total,
            bytes.factors() + bytes.weights() + layers() * bytes.weightRecords(),
            bytes.bases(),
            memory.eigenvectors());
    long groups = config.linears().stream().map(LinearShape::inputGroup).distinct().count();
    return stage("eigen", work.shots(), Math.toIntExact(groups), load);
  }

  private StagePlan score() {
    boolean units = work.recipe().structures().coupled();
    double total =
        config.linears().stream()
            .mapToDouble(each -> units ? flops.path(each) : flops.score(each))
            .sum();
    int rounds = work.recipe().selection().rounds();
    int passes = work.sparse() ? rounds * THRESHOLD_PASSES : rounds;
    int tasks = work.inGroups() ? groups() : layers();
    long read = bytes.layers() + tasks * bytes.layerRecords();
    // Costs of single weights are looked at on cards, those of units and lines on processors.
    PlannedMemory place = work.sparse() ? cards : memory;
    PlannedLoad load = new PlannedLoad(0, total, read, 0, place.score(tasks));
    return stage("score", work.shots() * passes, tasks, load);
  }

  /** Each half of the first shot's shards is reduced, and all units are costed under it. */
  private StagePlan halves() {
    double total = 2 * config.linears().stream().mapToDouble(flops::score).sum();
    long means = 2 * passes.factorBytes(1);
    long read =
        work.shards() * passes.largestShardBytes()
            + 2 * (bytes.factors() + bytes.linears() + groups() * bytes.layerRecords());
    PlannedLoad load = new PlannedLoad(0, total, read, means, memory.halves(groups()));
    return time.stage("halves", new PlannedTime.Counts(1, 2, groups()), load);
  }

  private StagePlan cut() {
    double total = config.linears().stream().mapToDouble(each -> cut(each, work.share() / 2)).sum();
    return stage(
        "cut",
        work.shots(),
        layers(),
        new PlannedLoad(
            0, total, bytes.layers() + layers() * bytes.layerRecords(), bytes.cut(), cards.cut()));
  }

  /** The cut of a layer, without inverses that are kept from the score. */
  private double cut(LinearShape layer, double share) {
    double kept = cards.keptShare() * flops.inverses(layer);
    if (work.sparse()) {
      return flops.cut(layer, work.recipe().elements().update(), share) - kept;
    }
    return work.recipe().structures().coupled()
        ? flops.cutOfUnits(layer, share) - kept / 2
        : flops.cut(layer, share) - kept;
  }

  /**
   * The model before a shot, the shot, and each part that moved most alone. Where a prediction is
   * wrong there are more tries, which nobody knows before.
   */
  private StagePlan trust() {
    int parts = TrustRegion.parts(config, work.recipe()).size();
    int alone = TrustRegion.expected(parts);
    int measured = 2 + alone;
    int windows = Math.min(work.windows(), Math.max(1, TrustRegion.TOKENS / work.context()));
    int tasks = Evaluator.ranges(windows, work.context()).size();
    long tokens = (long) measured * windows * work.context();
    long read =
        measured
            * (Math.min(machines.executors(), tasks) * bytes.model(work.shots())
                + windows * bytes.windowRead());
    // Models are told by their layers: in the first shot by those that are not the dense ones.
    double first = 1.0 / work.shots();
    double models = 1 + alone * (1 - first + first / parts);
    long written = (long) (models * bytes.cutRecords());
    PlannedLoad load =
        new PlannedLoad(
            tokens * flops.forward(work.context()), 0, read, written, memory.trust(windows));
    double numbers = tokens * flops.numbers(work.context());
    return time.stage(
        "trust", new PlannedTime.Counts(work.shots(), measured, tasks), load.touching(numbers));
  }

  private StagePlan evaluate() {
    int times = work.shots() + 2 + saved();
    // The model as it came, after each shot, and the folders that were written.
    long models = (1 + saved()) * bytes.stored();
    for (int shot = 0; shot <= work.shots(); shot++) {
      int more = shot == 0 ? 0 : corrections.evaluations(shot);
      times += more;
      models += (1 + more) * bytes.model(shot);
    }
    int tasks = Evaluator.ranges(work.testWindows(), work.context()).size();
    if (tasks == 0) {
      return stage("evaluate", times, 0, PlannedLoad.NONE);
    }
    long read =
        Math.min(machines.executors(), tasks) * models / times
            + bytes.windowReads(tasks, bytes.test());
    double total = work.testTokens() * flops.forward(work.context());
    PlannedLoad load = new PlannedLoad(total, 0, read, 0, memory.evaluate());
    double numbers = work.testTokens() * flops.numbers(work.context());
    return stage("evaluate", times, tasks, load.touching(numbers));
  }

  private StagePlan write() {
    PlannedLoad load =
        new PlannedLoad(0, 0, bytes.model(work.shots()), bytes.stored(), memory.process());
    return stage("write", 1 + saved(), 1, load);
  }

  /** Looks at the zeros that were written; where single weights went, a bit of each is kept. */
  private StagePlan export() {
    long mask = work.sparse() ? bytes.mask() : 0;
    // The mask is made in a second look.
    long read = (work.sparse() ? 2 : 1) * bytes.stored();
    PlannedLoad load = new PlannedLoad(0, 0, read, mask, memory.process());
    return stage("export", 1 + saved(), 1, load);
  }

  private StagePlan stage(String name, int times, int tasks, PlannedLoad load) {
    return time.stage(name, new PlannedTime.Counts(times, tasks), load);
  }

  /** Attentions and feed-forwards. */
  private int groups() {
    return config.blocks().stream()
        .mapToInt(
            block ->
                (block.hasAttention() ? 1 : 0)
                    + (block.width() > 0 ? 1 : 0)
                    + block.experts().size())
        .sum();
  }

  private int layers() {
    return config.linears().size();
  }
}
