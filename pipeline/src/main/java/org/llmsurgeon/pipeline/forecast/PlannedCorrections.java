package org.llmsurgeon.pipeline.forecast;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.PlannedBytes;
import org.llmsurgeon.pipeline.forecast.size.PlannedFlops;
import org.llmsurgeon.pipeline.forecast.size.PlannedMemory;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.correct.AdapterTargets;
import org.llmsurgeon.surgery.correct.AdapterTraining;
import org.llmsurgeon.surgery.correct.CorrectionPlan;
import org.llmsurgeon.surgery.correct.HeldOutWindows;
import org.llmsurgeon.surgery.correct.PairedMoments;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.RecoveryRule;
import org.llmsurgeon.surgery.recover.Recovery;
import org.llmsurgeon.surgery.recover.RecoveryPlan;

/**
 * What follows the cuts of a run: corrections, and the refit of the last cut. Of the refit's blocks
 * all are supposed to be kept; each that is not takes a pass more.
 */
final class PlannedCorrections {
  private final Workload work;
  private final Machines machines;
  private final ModelConfig config;
  private final CorrectionRule rule;
  private final AdapterTargets targets;
  private final PlannedBytes bytes;
  private final PlannedMemory memory;
  private final PlannedMemory cards;
  private final PlannedFlops needed;
  private final PlannedTime time;

  PlannedCorrections(Workload work, Machines machines, PlannedBytes bytes, PlannedMemory memory) {
    this.work = work;
    this.machines = machines;
    this.config = work.config();
    this.rule = work.recipe().correction();
    this.targets = AdapterTargets.of(work.recipe(), config);
    this.bytes = bytes;
    this.memory = memory;
    this.cards = memory.onCards();
    this.needed = new PlannedFlops(config);
    this.time = new PlannedTime(machines);
  }

  /** The stages that the recipe has. */
  List<StagePlan> stages() {
    List<StagePlan> stages = new ArrayList<>();
    if (rule.reconstruct()) {
      stages.add(reconstruct());
    }
    if (rule.isWanted()) {
      stages.add(correct());
      stages.add(merge());
    }
    if (work.recipe().recovery().isWanted()) {
      stages.add(recover());
    }
    return stages;
  }

  /**
   * Evaluations that there are more: of what each step has before it.
   *
   * @param shot from 1
   */
  int evaluations(int shot) {
    boolean refitted = rule.reconstruct() && shot == work.shots();
    boolean recovered = work.recipe().recovery().isWanted() && shot == work.shots();
    return (rule.isWanted() ? 1 : 0) + (refitted ? 1 : 0) + (recovered ? 1 : 0);
  }

  private StagePlan reconstruct() {
    List<LinearShape> groups =
        PairedMoments.groups(config).stream()
            .filter(
                group ->
                    targets.layers().stream()
                        .anyMatch(layer -> layer.inputGroup().equals(group.name())))
            .toList();
    int[] blocks = groups.stream().mapToInt(LinearShape::block).distinct().toArray();
    long tasks = work.shards();
    long loads = Math.min(machines.executors(), tasks);
    long models = bytes.stored() + bytes.model(work.shots());
    long looks = groups.size() + blocks.length + 1L;
    double judged = judged();
    long reached = 2L * Float.BYTES * work.tokens() * config.hidden();
    long stored = IntStream.of(blocks).filter(block -> block > 0).count();
    long read =
        looks * (loads * models + bytes.windowReads(tasks, bytes.calibration()))
            + Math.round((groups.size() + judged * (blocks.length + 1)) * reached)
            + work.weightBytes() * numbers()
            + 2 * Float.BYTES * numbers()
            + targets.layers().size() * bytes.cutRecords();
    double refits = 0;
    for (LinearShape layer : targets.layers()) {
      read += tasks * moments(layer);
      refits += needed.refit(layer, work.sparse() ? layer.outputs() : 1);
    }
    long written =
        Float.BYTES * numbers()
            + tasks * groups.stream().mapToLong(this::moments).sum()
            + stored * reached;
    double sums = groups.stream().mapToDouble(needed::moments).sum();
    double forward = reconstructed(groups.size(), blocks, needed::blocks, needed::forward);
    PlannedLoad load =
        new PlannedLoad(
            work.tokens() * (forward + sums), refits, read, written, cards.reconstruct());
    double touched =
        work.tokens() * reconstructed(groups.size(), blocks, needed::numbers, needed::numbers);
    return time.stage(
        "reconstruct",
        new PlannedTime.Counts(1, 2.0 * groups.size() + blocks.length + 1, (int) tasks),
        load.touching(touched));
  }

  /**
   * What goes through the networks for each token: a block of both for each group, all blocks of
   * both once, up to the last that is looked at; of the windows that judge the losses at the start,
   * and after each block from there to the end.
   *
   * @param ofBlocks what all blocks take
   * @param ofAll what blocks and head take
   */
  private double reconstructed(
      int groups, int[] blocks, IntToDoubleFunction ofBlocks, IntToDoubleFunction ofAll) {
    int count = config.blockCount();
    double block = ofBlocks.applyAsDouble(work.context()) / count;
    double head = ofAll.applyAsDouble(work.context()) - count * block;
    double losses = IntStream.of(blocks).mapToDouble(each -> (count - each) * block + head).sum();
    int last = IntStream.of(blocks).max().orElse(0);
    return 2 * (groups + last) * block + judged() * (count * block + head + losses);
  }

  /** The share of the windows that refits are judged by. */
  private double judged() {
    int windows = Math.toIntExact(work.tokens() / work.context());
    return (double) new HeldOutWindows(windows).judging() / windows;
  }

  /**
   * Sums of a shard for the group of a layer: packed triangles and squares, two each, in single.
   */
  private long moments(LinearShape layer) {
    long size = layer.augmentedInputs();
    return 2L * Float.BYTES * (size * (size + 1) / 2 + size * size);
  }

  /** All shots together, of which each has its own number of steps. */
  private StagePlan correct() {
    Steps all = new Steps();
    for (int shot = 1; shot <= work.shots(); shot++) {
      all.add(shot);
    }
    int times = work.shots();
    return time.stage(
        "correct",
        new PlannedTime.Counts(times, all.steps / times, Math.max(1, all.tasks)),
        new PlannedLoad(
                all.flops / times,
                0,
                all.read / times,
                all.written / times,
                cards.correct(
                    adapters(), distills(), new PlannedMemory.Parts(all.largest, all.tasks)))
            .touching(all.touched / times));
  }

  private boolean distills() {
    return rule.kind() == CorrectionKind.DISTILL;
  }

  /** What the steps of the shots add up to. */
  private final class Steps {
    private double steps;
    private int tasks;
    private int largest;
    private long read;
    private long written;
    private double flops;
    private double touched;

    void add(int shot) {
      List<List<int[]>> own =
          CorrectionPlan.of(work.recipe(), shot, shot == work.shots(), work.windows()).steps();
      int widest = own.stream().mapToInt(List::size).max().orElse(0);
      long parts = own.stream().mapToLong(List::size).sum();
      long windows = own.stream().flatMap(List::stream).mapToLong(part -> part.length).sum();
      long processes = Math.min(machines.executors(), widest);
      long models = bytes.model(shot) + bytes.cut() + (distills() ? bytes.stored() : 0);
      steps += own.size();
      tasks = Math.max(tasks, widest);
      largest =
          own.stream()
              .flatMap(List::stream)
              .mapToInt(part -> part.length)
              .reduce(largest, Math::max);
      read +=
          processes * (models + own.size() * adapters())
              + parts * adapters()
              + windows * bytes.windowRead();
      long kept = Math.max(0, own.size() - 1) / AdapterTraining.CHECKPOINT_STEPS;
      written += (own.size() + parts + 3 * kept) * adapters();
      double window = work.context() * needed.correction(rule, work.context(), work.sparse());
      flops += windows * window + processes * own.size() * merged();
      double teacher = distills() ? needed.numbers(work.context()) : 0;
      touched += windows * work.context() * (needed.numbers(work.context(), 1) + teacher);
    }
  }

  private StagePlan merge() {
    return time.stage(
        "merge",
        new PlannedTime.Counts(work.shots(), targets.layers().size()),
        new PlannedLoad(
            merged(),
            0,
            2 * Float.BYTES * numbers() + adapters() + targets.layers().size() * bytes.cutRecords(),
            Float.BYTES * numbers(),
            memory.merge(adapters(), distills())));
  }

  /** Operations of a merge. */
  private double merged() {
    return 2.0 * rule.rank() * numbers();
  }

  /**
   * All steps, as if none of them were left out. A step is a job for the gradients and one for the
   * layers, which go through files: gradients of all parts, and of each layer its weights and the
   * two means of Adam.
   */
  private StagePlan recover() {
    RecoveryRule own = work.recipe().recovery();
    boolean distills = own.kind() == CorrectionKind.DISTILL;
    RecoveryPlan.Wanted wanted = RecoveryPlan.wanted(own, work.context());
    RecoveryPlan plan =
        RecoveryPlan.of(work.recipe(), wanted.training() + wanted.heldOut(), work.context());
    long parts = plan.steps().stream().mapToLong(List::size).sum();
    int widest = plan.steps().stream().mapToInt(List::size).max().orElse(1);
    int largest = plan.steps().get(0).get(0).length;
    long steps = plan.steps().size();
    long processes = Math.min(machines.executors(), widest);
    long layers = Float.BYTES * numbers();
    long looks = Recovery.looks((int) steps);
    long models = bytes.model(work.shots()) + bytes.cut() + (distills ? bytes.stored() : 0);
    long read =
        processes * (models + steps * layers)
            + (parts + 3 * (steps - 1) + 2) * layers
            + (steps + 1) * targets.layers().size() * bytes.cutRecords()
            + (plan.training() + looks * plan.heldOut()) * bytes.windowRead();
    double looked = looks * plan.heldOut() * (double) work.context();
    double trained = plan.training() * (double) work.context();
    double flops =
        trained * needed.recovery(distills, work.context())
            + looked * (distills ? 2 : 1) * needed.forward(work.context());
    double touched =
        trained * needed.numbers(work.context(), 1)
            + (looked + (distills ? trained + looked : 0)) * needed.numbers(work.context());
    return time.stage(
        "recover",
        new PlannedTime.Counts(1, 2.0 * steps + looks + 1, widest),
        new PlannedLoad(
                flops,
                0,
                read,
                (parts + 3 * steps + 1) * layers,
                cards.recover(distills, new PlannedMemory.Parts(largest, widest)))
            .touching(touched));
  }

  /** Weights of the layers that may be touched. */
  private long numbers() {
    return targets.layers().stream().mapToLong(LinearShape::weights).sum();
  }

  /** A file of all adapters, or of their gradients. */
  private long adapters() {
    return Float.BYTES * targets.numbers();
  }
}
