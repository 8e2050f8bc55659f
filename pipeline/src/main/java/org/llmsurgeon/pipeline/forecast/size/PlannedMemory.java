package org.llmsurgeon.pipeline.forecast.size;

import java.util.List;
import java.util.function.ToLongFunction;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.evaluate.EvaluateTask;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.factors.ShardFile;
import org.llmsurgeon.pipeline.weights.MappedWeights;

/** The most memory that a process holds in each stage, in bytes. */
public final class PlannedMemory {
  private static final int FLOAT = Float.BYTES;

  /** Java with Spark at work: its heap, its code, and libraries; measured. */
  private static final long PROCESS = 500L << 20;

  /** What a pool of tensors keeps in any case beside those that are lent. */
  private static final long POOLED = 160L << 20;

  /** Panels of shards, and their sum in double, of a task of a reduction. */
  private static final long PANELS = 6L * FLOAT * ShardFile.PANEL;

  /** What a card has beside tensors: CUDA's context, kernels, libraries' workspaces; estimated. */
  private static final long CONTEXT = 1L << 30;

  /** Memory through which numbers go to a card and back. */
  private static final long STAGING = 128L << 20;

  /** Double matrices of its inputs that the refit of a layer holds at a time. */
  private static final int REFIT_MATRICES = 8;

  /** Bytes of the sums of a look at what a group reads, for each number of such a matrix. */
  private static final int MOMENT_BYTES = 28;

  /** Models of more than this part of a process's memory are mapped, see {@link MappedWeights}. */
  private static final int MAPPED_SHARE = 4;

  private final Workload work;
  private final Machines machines;
  private final Machines.Ground ground;
  private final ModelConfig config;
  private final PlannedNetwork network;
  private final PlannedInverses inverses;
  private final long parameters;

  /** Memory of a run on some machines, in the stages on processors. */
  public PlannedMemory(Workload work, Machines machines, long parameters) {
    this(work, machines, machines.ground(), parameters);
  }

  private PlannedMemory(Workload work, Machines machines, Machines.Ground ground, long parameters) {
    this.work = work;
    this.machines = machines;
    this.ground = ground;
    this.config = work.config();
    this.network =
        new PlannedNetwork(
            config, ground.card() ? MemoryLimits.ofCard(ground.memory()) : MemoryLimits.DEFAULT);
    this.inverses = new PlannedInverses(work, machines, ground);
    this.parameters = parameters;
  }

  /** That of the stages on cards, where there are any: what a card takes is the process there. */
  public PlannedMemory onCards() {
    return machines.cards().any()
        ? new PlannedMemory(work, machines, machines.cardGround(), parameters)
        : this;
  }

  /**
   * What a process takes that holds something and does tasks.
   *
   * @param tensors bytes of tensors that it holds whatever it does
   * @param mapped bytes that it has mapped
   * @param each bytes of tensors of each task
   * @param tasks that there are
   */
  private ProcessMemory need(long tensors, long mapped, long each, long tasks) {
    if (ground.card()) {
      return onCard(tensors + each, tasks);
    }
    long most = Math.min(ground.tasks(), Math.max(1, tasks));
    // Beside tensors the pool keeps some more, and they stay while a reduction has its panels.
    long beside = Math.max(POOLED, ground.tasks() * PANELS);
    long room = ground.memory() - PROCESS - beside - tensors;
    int atOnce = (int) Math.max(1, Math.min(most, room / Math.max(1, each)));
    long held = tensors + atOnce * each;
    return new ProcessMemory(PROCESS + held + mapped, held, mapped, atOnce);
  }

  /**
   * A process with a task on each of its cards.
   *
   * @param held bytes of the tensors on a card
   * @param tasks that there are
   */
  private ProcessMemory onCard(long held, long tasks) {
    int atOnce = (int) Math.min(machines.cards().each(), Math.max(1, tasks));
    return new ProcessMemory(PROCESS + atOnce * STAGING, 0, 0, atOnce, CONTEXT + held);
  }

  /** A process that does nothing of size. */
  public ProcessMemory process() {
    return need(0, 0, 0, machines.cores());
  }

  /** The model, which tasks of a process share. */
  private long model() {
    return FLOAT * parameters;
  }

  /** The part of a model that tensors take: none where it is mapped, all of it on a card. */
  private long loaded() {
    if (ground.card()) {
      return model();
    }
    boolean mapped = work.weightBytes() == FLOAT || model() > machines.memory() / MAPPED_SHARE;
    return mapped ? 0 : model();
  }

  /**
   * Models, and what tasks hold beside.
   *
   * @param models how many
   * @param each bytes of each task
   * @param tasks that there are
   */
  private ProcessMemory withModels(int models, long each, long tasks) {
    return need(models * loaded(), models * (model() - loaded()), each, tasks);
  }

  private int shardWindows() {
    return Math.max(1, (work.windows() + work.shards() - 1) / Math.max(1, work.shards()));
  }

  /**
   * Calibration: the model, and for each task the sums of a block and a pass over a shard; or the
   * sums of all blocks and a pass over a batch, where there is room.
   *
   * @param sums bytes of the sums of a task
   */
  public ProcessMemory accumulate(PlannedPasses.Sums sums) {
    int windows = shardWindows();
    if (!work.curvature().kind().ofLoss()) {
      return withModels(
          1,
          sums.block() + network.forward(windows, work.context()) + boundary(windows),
          work.shards());
    }
    long together = together(sums);
    int draws = work.curvature().fisher().samples();
    long pass = network.byBlock(together, work.context(), draws, backward(sums.pairs(), 1));
    long held = together < windows ? sums.all() : sums.block();
    return withModels(1, held + pass, work.shards());
  }

  private long together(PlannedPasses.Sums sums) {
    return network.together(shardWindows(), work.context(), sums.all(), ground.keepBytes());
  }

  /** What one block reads of all windows of a task. */
  private long boundary(int windows) {
    return FLOAT * (long) windows * work.context() * config.hidden();
  }

  /**
   * The part of the forward passes of a calibration that is done a second time.
   *
   * @param sums bytes of the sums of a task
   */
  public double doneAgain(PlannedPasses.Sums sums) {
    long together = together(sums);
    long room = ground.keepBytes() - (together < shardWindows() ? sums.all() : 0);
    return network.doneAgain(together, work.context(), room);
  }

  private PlannedNetwork.Backward backward(boolean pairs, int logits) {
    return new PlannedNetwork.Backward(pairs, logits, ground.keepBytes());
  }

  /** Evaluation: the model, and for each core a forward pass. */
  public ProcessMemory evaluate() {
    return evaluate(work.testWindows());
  }

  /**
   * Cuts that are measured: as an evaluation of calibration windows.
   *
   * @param windows how many
   */
  public ProcessMemory trust(int windows) {
    return evaluate(windows);
  }

  private ProcessMemory evaluate(int all) {
    List<EvaluateTask.Range> tasks = Evaluator.ranges(all, work.context());
    int windows = tasks.isEmpty() ? 1 : tasks.get(0).to() - tasks.get(0).from();
    ProcessMemory need = withModels(1, network.forward(windows, work.context()), tasks.size());
    // As it begins after a cut the process still holds the inverses of that.
    long before = Math.max(0, inverses.kept() - need.device());
    return new ProcessMemory(
        need.process() + before, need.device() + before, need.mapped(), need.atOnce());
  }

  /** Targets drawn from the dense model: for each core a forward pass over a shard. */
  public ProcessMemory draw() {
    return withModels(1, network.forward(shardWindows(), work.context()), work.shards());
  }

  /**
   * A reduction: for each factor at a time panels of its shards, its sum in double, and its file.
   *
   * @param tasks that it is done in
   */
  public ProcessMemory reduce(int tasks) {
    ProcessMemory panels = need(0, 0, PANELS, tasks);
    // They lie on the heap.
    return new ProcessMemory(panels.process(), 0, 0, panels.atOnce());
  }

  /**
   * The score: for each task a layer, or all layers of a coupled group.
   *
   * @param tasks how many there are
   */
  public ProcessMemory score(int tasks) {
    boolean groups = work.inGroups();
    LayerMatrices each =
        groups
            ? LayerMatrices.GROUP
            : matrices(work.sparse() ? LayerMatrices.ELEMENTS : LayerMatrices.LINES);
    if (ground.card()) {
      return need(inverses.kept(), 0, largest(layer -> each.of(layer)), tasks);
    }
    long before = 0;
    long most = 0;
    int atOnce = machines.cores();
    // The largest come first, and what each inverts is there when the next begins.
    for (LinearShape next : inverses.firstOfEach(groups)) {
      ProcessMemory need = need(before, 0, groups ? group(next, each) : each.of(next), tasks);
      most = Math.max(most, need.device());
      atOnce = Math.min(atOnce, need.atOnce());
      before = Math.min(inverses.kept(), before + inverses.of(next, groups) / inverses.places());
    }
    return after(new ProcessMemory(PROCESS + most, most, 0, atOnce));
  }

  /** The share of the inverses that a cut finds kept. */
  public double keptShare() {
    return inverses.keptShare();
  }

  /** As a stage after the passes begins, the process still holds their model, which makes room. */
  private ProcessMemory after(ProcessMemory own) {
    return own.device() >= loaded()
        ? own
        : new ProcessMemory(PROCESS + loaded(), loaded(), 0, own.atOnce());
  }

  /**
   * Costs of units alone: for each task all layers of a coupled group.
   *
   * @param tasks how many there are
   */
  public ProcessMemory halves(int tasks) {
    return after(need(0, 0, largest(layer -> group(layer, LayerMatrices.ALONE)), tasks));
  }

  /** The cut: a layer for each task. */
  public ProcessMemory cut() {
    LayerMatrices each = matrices(LayerMatrices.LINES);
    // What is found kept needs no memory while it is inverted; single weights invert parts anew.
    boolean found = !work.sparse() && inverses.keptShare() == 1;
    return onLayers(
        inverses.kept(),
        layer -> each.of(layer) - (found ? each.factors() * inverses.of(layer, false) : 0));
  }

  private ProcessMemory onLayers(long held, ToLongFunction<LinearShape> each) {
    return need(held, 0, largest(each), config.linears().size());
  }

  private LayerMatrices matrices(LayerMatrices ofProduct) {
    return work.ofOneProduct() ? ofProduct : LayerMatrices.ofOther(work.curvature());
  }

  /** Eigenvectors: for each core the factors of a layer. */
  public ProcessMemory eigenvectors() {
    return onLayers(0, layer -> LayerMatrices.LINES.of(layer));
  }

  /** The refit: two models, and for each task a forward pass over a shard, or a layer's refit. */
  public ProcessMemory reconstruct() {
    long size = config.linears().stream().mapToLong(LinearShape::augmentedInputs).max().orElse(0);
    long refit = REFIT_MATRICES * Double.BYTES * size * size;
    long forward = network.forward(shardWindows(), work.context());
    ProcessMemory pass = withModels(2, forward + MOMENT_BYTES * size * size, work.shards());
    ProcessMemory refits = need(0, 0, refit, machines.cores());
    return pass.or(refits, Math.min(pass.atOnce(), refits.atOnce()));
  }

  /**
   * A correction: the model, its layers a second time, the dense model where it is asked, and for
   * each core a pass over a part, and gradients in double and in single.
   *
   * @param adapters bytes of all adapters in single
   * @param dense whether the dense model is asked
   * @param parts windows and number of the parts of a step
   */
  public ProcessMemory correct(long adapters, boolean dense, Parts parts) {
    long layers = FLOAT * config.linears().stream().mapToLong(LinearShape::weights).sum();
    long pass = network.backward(parts.windows(), work.context(), backward(true, dense ? 3 : 1));
    return withCorrection(dense, 6 * adapters, 3 * adapters + pass, parts.count());
  }

  /**
   * Parts of a step.
   *
   * @param windows of the largest
   * @param count how many at most
   */
  public record Parts(int windows, int count) {}

  /**
   * A recovery: the model, the dense one where it is asked, and for each core a pass over a part
   * with gradients of all layers, or the step of a layer.
   *
   * @param dense whether the dense model is asked
   * @param parts windows and number of the parts of a step
   */
  public ProcessMemory recover(boolean dense, Parts parts) {
    long pass = network.backward(parts.windows(), work.context(), backward(true, dense ? 3 : 1));
    long held = model() + (dense ? loaded() : 0);
    long mapped = dense ? model() - loaded() : 0;
    ProcessMemory gradients = need(held, mapped, layers() + pass, parts.count());
    long step = largest(layer -> 10L * FLOAT * layer.weights());
    ProcessMemory steps = need(held, mapped, step, config.linears().size());
    return gradients.or(steps, gradients.atOnce());
  }

  /**
   * Merged adapters: for each core a layer before and after; as it begins the process still holds
   * what the correction held.
   *
   * @param adapters bytes of all adapters in single
   * @param dense whether the dense model was asked
   */
  public ProcessMemory merge(long adapters, boolean dense) {
    long largest = largest(layer -> 2L * FLOAT * layer.weights());
    return withCorrection(dense, 4 * adapters, largest, config.linears().size());
  }

  /** The corrected model, whose layers are never mapped, and the dense one where it is asked. */
  private ProcessMemory withCorrection(boolean dense, long held, long each, long tasks) {
    long own = Math.max(loaded(), layers());
    long teacher = dense ? loaded() : 0;
    long mapped = (dense ? 2 : 1) * (model() - loaded());
    return need(own + teacher + held, mapped, each, tasks);
  }

  /** The weights of all layers. */
  private long layers() {
    return FLOAT * config.linears().stream().mapToLong(LinearShape::weights).sum();
  }

  private long largest(ToLongFunction<LinearShape> bytes) {
    return config.linears().stream().mapToLong(bytes).max().orElse(0);
  }

  /** Work on all layers of the attention or the MLP that a layer is in. */
  private long group(LinearShape layer, LayerMatrices each) {
    return inverses
        .group(layer)
        .mapToLong(other -> (inverses.standsBy(other) ? LayerMatrices.STANDBY : each).of(other))
        .sum();
  }
}
