package org.llmsurgeon.pipeline.forecast.size;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.evaluate.EvaluateTask;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.factors.ShardFile;
import org.llmsurgeon.pipeline.weights.MappedWeights;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

/** The most memory that a process holds in each stage, in bytes. */
public final class PlannedMemory {
  private static final int FLOAT = Float.BYTES;

  /** Java with Spark at work: its heap, its code, and libraries; measured. */
  private static final long PROCESS = 500L << 20;

  /** Double matrices of each factor, and of the weight, that work on one layer holds; measured. */
  private record Matrices(int factors, int weights) {
    /** Rows and columns under one product. */
    static final Matrices LINES = new Matrices(4, 5);

    /** A layer of a group of which the costs of units are found. */
    static final Matrices GROUP = new Matrices(3, 5);

    /** The same where units are costed alone, and no path is followed. */
    static final Matrices ALONE = new Matrices(2, 4);

    /** Costs of single weights and N:M groups. */
    static final Matrices ELEMENTS = new Matrices(2, 4);

    /** Under a sum of products, or one with its eigenvalues corrected. */
    static Matrices ofOther(CurvatureRule curvature) {
      return curvature.kind() == CurvatureKind.EKFAC
          ? new Matrices(7, 5)
          : new Matrices(5 + 4 * curvature.rank(), 5);
    }
  }

  /** Double matrices of its inputs that the refit of a layer holds at a time. */
  private static final int REFIT_MATRICES = 6;

  /** Models of more than this part of a process's memory are mapped, see {@link MappedWeights}. */
  private static final int MAPPED_SHARE = 4;

  private static final Set<LinearRole> ATTENTION =
      EnumSet.of(LinearRole.QUERY, LinearRole.KEY, LinearRole.VALUE, LinearRole.OUTPUT);

  private final Workload work;
  private final Machines machines;
  private final ModelConfig config;
  private final PlannedNetwork network;
  private final long parameters;

  /** Memory of a run on some machines. */
  public PlannedMemory(Workload work, Machines machines, long parameters) {
    this.work = work;
    this.machines = machines;
    this.config = work.config();
    this.network = new PlannedNetwork(config);
    this.parameters = parameters;
  }

  /**
   * What a process takes.
   *
   * @param process all of it, its heap and what it has mapped included, bytes
   * @param device the part that tensors take, bytes
   */
  public record Need(long process, long device) {
    /** Nothing is done. */
    public static final Need NONE = new Need(0, 0);

    /** Tensors, and numbers elsewhere: on the heap, or in mapped files. */
    private static Need of(long tensors, long elsewhere) {
      return new Need(PROCESS + tensors + elsewhere, tensors);
    }
  }

  /** A process that does nothing of size. */
  public Need process() {
    return Need.of(0, 0);
  }

  /** The model, which tasks of a process share. */
  private long model() {
    return FLOAT * parameters;
  }

  /** The part of a model that tensors take: none where it is mapped. */
  private long loaded() {
    boolean mapped = work.weightBytes() == FLOAT || model() > machines.memory() / MAPPED_SHARE;
    return mapped ? 0 : model();
  }

  /** Models, and what their tasks hold. */
  private Need withModels(int models, long tensors) {
    return Need.of(models * loaded() + tensors, models * (model() - loaded()));
  }

  /** Tasks that a process does at a time. */
  private long atOnce(long tasks) {
    return Math.min(machines.cores(), Math.max(1, tasks));
  }

  private int shardWindows() {
    return Math.max(1, (work.windows() + work.shards() - 1) / Math.max(1, work.shards()));
  }

  /**
   * Calibration: the model, and for each core the sums of a block and a pass over a shard.
   *
   * @param sums bytes of the sums of a task
   * @param pairs whether layers' inputs and gradients are needed together
   */
  public Need accumulate(long sums, boolean pairs) {
    int windows = shardWindows();
    long pass =
        work.curvature().kind().ofLoss()
            ? network.byBlock(
                windows, work.context(), work.curvature().fisher().samples(), backward(pairs, 1))
            : network.forward(windows, work.context()) + boundary(windows);
    return withModels(1, atOnce(work.shards()) * (sums + pass));
  }

  /** What one block reads of all windows of a task. */
  private long boundary(int windows) {
    return FLOAT * (long) windows * work.context() * config.hidden();
  }

  /** The part of the forward passes of a calibration that is done a second time. */
  public double doneAgain() {
    return network.doneAgain(shardWindows(), work.context(), machines.keepBytes());
  }

  private PlannedNetwork.Backward backward(boolean pairs, int logits) {
    return new PlannedNetwork.Backward(pairs, logits, machines.keepBytes());
  }

  /** Evaluation: the model, and for each core a forward pass. */
  public Need evaluate() {
    List<EvaluateTask.Range> tasks = Evaluator.ranges(work.testWindows(), work.context());
    int windows = tasks.isEmpty() ? 1 : tasks.get(0).to() - tasks.get(0).from();
    long passes = atOnce(tasks.size()) * network.forward(windows, work.context());
    Need need = withModels(1, passes);
    // As it begins after a cut the process still holds the inverses of that.
    long before = Math.max(0, kept() - need.device);
    return new Need(need.process + before, need.device + before);
  }

  /** Targets drawn from the dense model: for each core a forward pass over a shard. */
  public Need draw() {
    return withModels(1, atOnce(work.shards()) * network.forward(shardWindows(), work.context()));
  }

  /**
   * A reduction: for each factor at a time panels of its shards, its sum in double, and its file.
   *
   * @param tasks that it is done in
   */
  public Need reduce(int tasks) {
    return Need.of(0, atOnce(tasks) * 6L * FLOAT * ShardFile.PANEL);
  }

  /** The score: for each core a layer, or all layers of a coupled group. */
  public Need score() {
    boolean groups = work.inGroups();
    Matrices each =
        groups ? Matrices.GROUP : matrices(work.sparse() ? Matrices.ELEMENTS : Matrices.LINES);
    long most = 0;
    long before = 0;
    // The largest come first, and what each inverts is there when the next begins.
    for (LinearShape next : firstOfEach(groups)) {
      long task = groups ? group(next, each) : layer(next, each);
      most = Math.max(most, before + atOnce(config.linears().size()) * task);
      before = Math.min(kept(), before + inverses(next, groups) / machines.executors());
    }
    // As it begins the process still holds the model of the passes.
    return Need.of(Math.max(loaded(), most), 0);
  }

  /** The layers, or one of each group, largest first. */
  private List<LinearShape> firstOfEach(boolean groups) {
    return config.linears().stream()
        .filter(layer -> !groups || grouped(layer).findFirst().equals(Optional.of(layer)))
        .sorted(Comparator.comparingLong(layer -> -inverses(layer, groups)))
        .toList();
  }

  /** Inverses that stay from the score to the cut, of the layers that this process has. */
  private long kept() {
    return Math.min(machines.cores() * machines.keepBytes(), inverses() / machines.executors());
  }

  /** All of them: none where eigenvectors take their place. */
  private long inverses() {
    return matrices(Matrices.LINES) == Matrices.LINES
        ? config.linears().stream().mapToLong(layer -> inverses(layer, false)).sum()
        : 0;
  }

  /** Those of a layer or its group; of units those of the sides whose rest makes up for them. */
  private long inverses(LinearShape layer, boolean group) {
    if (group) {
      return grouped(layer).mapToLong(other -> inverses(other, false)).sum();
    }
    long inputs = square(layer.augmentedInputs());
    if (!work.inGroups()) {
      return inputs + square(layer.outputs());
    }
    boolean residual = work.recipe().structures().units().contains(UnitKind.RESIDUAL);
    if (readsUnits(layer)) {
      return inputs + (residual ? square(layer.outputs()) : 0);
    }
    return residual ? inputs : 0;
  }

  private static boolean readsUnits(LinearShape layer) {
    return layer.role() == LinearRole.OUTPUT || layer.role() == LinearRole.DOWN;
  }

  private static long square(long size) {
    return Double.BYTES * size * size;
  }

  /** The share of the inverses that a cut finds kept. */
  public double keptShare() {
    long all = inverses() / machines.executors();
    return all == 0 ? 0 : (double) kept() / all;
  }

  /** Costs of units alone: for each core all layers of a coupled group. */
  public Need halves() {
    long largest = largest(layer -> group(layer, Matrices.ALONE));
    return Need.of(Math.max(loaded(), atOnce(config.linears().size()) * largest), 0);
  }

  /** The cut: a layer for each core. */
  public Need cut() {
    Matrices each = matrices(Matrices.LINES);
    // What is found kept needs no memory while it is inverted; single weights invert parts anew.
    boolean found = !work.sparse() && keptShare() == 1;
    long largest =
        largest(layer -> layer(layer, each) - (found ? each.factors * inverses(layer, false) : 0));
    return Need.of(kept() + atOnce(config.linears().size()) * largest, 0);
  }

  private Need onLayers(Matrices each) {
    long largest = largest(layer -> layer(layer, each));
    return Need.of(atOnce(config.linears().size()) * largest, 0);
  }

  private Matrices matrices(Matrices ofProduct) {
    return work.curvature().kind() == CurvatureKind.EKFAC
            || work.curvature().kind() == CurvatureKind.KRONECKER_SUM
        ? Matrices.ofOther(work.curvature())
        : ofProduct;
  }

  /** Eigenvectors: for each core the factors of a layer. */
  public Need eigenvectors() {
    return onLayers(Matrices.LINES);
  }

  /** The refit: two models, and for each core a forward pass over a shard, or a layer's refit. */
  public Need reconstruct() {
    long size = config.linears().stream().mapToLong(LinearShape::augmentedInputs).max().orElse(0);
    long refit = REFIT_MATRICES * Double.BYTES * size * size;
    long forward = network.forward(shardWindows(), work.context());
    Need pass = withModels(2, atOnce(work.shards()) * forward);
    Need refits = Need.of(machines.cores() * refit, 0);
    return new Need(Math.max(pass.process, refits.process), Math.max(pass.device, refits.device));
  }

  /**
   * A correction: the model, its layers a second time, the dense model where it is asked, and for
   * each core a pass over a part, and gradients in double and in single.
   *
   * @param adapters bytes of all adapters in single
   * @param dense whether the dense model is asked
   * @param parts windows and number of the parts of a step
   */
  public Need correct(long adapters, boolean dense, Parts parts) {
    long layers = FLOAT * config.linears().stream().mapToLong(LinearShape::weights).sum();
    long pass = network.backward(parts.windows(), work.context(), backward(true, dense ? 3 : 1));
    long task = 3 * adapters + pass;
    return withCorrection(dense, 6 * adapters + atOnce(parts.count()) * task);
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
  public Need recover(boolean dense, Parts parts) {
    long pass = network.backward(parts.windows(), work.context(), backward(true, dense ? 3 : 1));
    long gradients = atOnce(parts.count()) * (layers() + pass);
    long steps = atOnce(config.linears().size()) * largest(layer -> 10L * FLOAT * layer.weights());
    Need teacher = dense ? withModels(1, 0) : process();
    long tensors = model() + Math.max(gradients, steps);
    return new Need(teacher.process + tensors, teacher.device + tensors);
  }

  /**
   * Merged adapters: for each core a layer before and after; as it begins the process still holds
   * what the correction held.
   *
   * @param adapters bytes of all adapters in single
   * @param dense whether the dense model was asked
   */
  public Need merge(long adapters, boolean dense) {
    long largest = largest(layer -> 2L * FLOAT * layer.weights());
    long tasks = atOnce(config.linears().size()) * largest;
    return withCorrection(dense, 4 * adapters + tasks);
  }

  /** The corrected model, whose layers are never mapped, and the dense one where it is asked. */
  private Need withCorrection(boolean dense, long tensors) {
    long own = Math.max(loaded(), layers());
    Need teacher = dense ? withModels(1, 0) : process();
    return new Need(
        teacher.process + own + model() - loaded() + tensors, teacher.device + own + tensors);
  }

  /** The weights of all layers. */
  private long layers() {
    return FLOAT * config.linears().stream().mapToLong(LinearShape::weights).sum();
  }

  private long largest(ToLongFunction<LinearShape> bytes) {
    return config.linears().stream().mapToLong(bytes).max().orElse(0);
  }

  /** Work on one layer. */
  private static long layer(LinearShape layer, Matrices each) {
    long in = layer.augmentedInputs();
    long out = layer.outputs();
    return Double.BYTES * (each.factors * (in * in + out * out) + each.weights * in * out);
  }

  /** Work on all layers of the attention or the MLP that a layer is in. */
  private long group(LinearShape layer, Matrices each) {
    return grouped(layer).mapToLong(other -> layer(other, each)).sum();
  }

  private Stream<LinearShape> grouped(LinearShape layer) {
    return config.linears(layer.block()).stream()
        .filter(other -> ATTENTION.contains(other.role()) == ATTENTION.contains(layer.role()))
        .filter(other -> other.expert() == layer.expert());
  }
}
