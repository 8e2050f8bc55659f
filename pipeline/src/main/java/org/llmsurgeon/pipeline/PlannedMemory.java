package org.llmsurgeon.pipeline;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.llmsurgeon.model.LinearRole;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.model.ModelSize;
import org.llmsurgeon.surgery.FactorKey;

/** The most memory that a process holds in each stage, in bytes. */
final class PlannedMemory {
  private static final int FLOAT = Float.BYTES;

  /** Java with Spark at work: its heap, its code, and libraries; measured. */
  private static final long PROCESS = 500L << 20;

  /** Most of a factor's file that its writer gathers. */
  private static final long BATCH = 64L << 20;

  /** Double matrices of each factor that work on one layer holds at a time. */
  private static final int FACTOR_MATRICES = 4;

  /** Double copies of the weight that work on one layer holds at a time. */
  private static final int WEIGHT_MATRICES = 5;

  /** Double matrices of its inputs that the refit of a layer holds at a time. */
  private static final int REFIT_MATRICES = 8;

  private static final Set<LinearRole> ATTENTION =
      EnumSet.of(LinearRole.QUERY, LinearRole.KEY, LinearRole.VALUE, LinearRole.OUTPUT);

  private final Workload work;
  private final Machines machines;
  private final ModelConfig config;
  private final long parameters;

  PlannedMemory(Workload work, Machines machines, long parameters) {
    this.work = work;
    this.machines = machines;
    this.config = work.config();
    this.parameters = parameters;
  }

  /** A process that does nothing of size. */
  long process() {
    return PROCESS;
  }

  /** The model, which tasks of a process share. */
  private long model() {
    return FLOAT * parameters;
  }

  /**
   * Calibration: the model, and for each core the sums of a group, kept results, one block's
   * results, logits.
   *
   * @param sums bytes of the sums of a task
   */
  long accumulate(long sums) {
    long block = block();
    long kept =
        work.curvature().kind().ofLoss()
            ? Math.min(machines.keepBytes(), block * config.blocks())
            : 0;
    return PROCESS + model() + machines.cores() * (sums + kept + 2 * block + logits());
  }

  /** Evaluation: the model, and for each core one block's results and logits. */
  long evaluate() {
    return PROCESS + model() + machines.cores() * (block() + logits());
  }

  private int tokens() {
    return Math.max(1, MemoryLimits.DEFAULT.tokensPerBlock() / work.context()) * work.context();
  }

  private long block() {
    ModelSize size = config.size();
    long wide = 4L * size.hidden() + 3L * size.queryWidth() + 3L * size.feedForward();
    return FLOAT * tokens() * wide;
  }

  private long logits() {
    long all = (long) FLOAT * tokens() * config.vocabulary();
    return 2 * Math.min(MemoryLimits.DEFAULT.logitBytes(), all);
  }

  /**
   * A reduction: a batch of the largest factor's file, and panels.
   *
   * @param keys all factors
   */
  long reduce(List<FactorKey> keys) {
    long largest = keys.stream().mapToLong(key -> PlannedBytes.square(key.size())).max().orElse(0);
    return PROCESS + Math.min(BATCH, largest) + 3L * FLOAT * ShardFile.PANEL;
  }

  /** The score: for each core a layer, or all layers of a coupled group. */
  long score() {
    return PROCESS
        + machines.cores() * (work.inGroups() ? largest(this::group) : largest(this::layer));
  }

  /** The cut: a layer for each core. */
  long cut() {
    return PROCESS + machines.cores() * largest(this::layer);
  }

  /** Eigenvectors: for each core the factors of a layer. */
  long eigenvectors() {
    return cut();
  }

  /** The refit: two models, and for each core one block's results, or a layer's refit. */
  long reconstruct() {
    long size = config.linears().stream().mapToLong(LinearShape::augmentedInputs).max().orElse(0);
    long refit = REFIT_MATRICES * Double.BYTES * size * size;
    return PROCESS + Math.max(2 * model() + machines.cores() * (block() + logits()), refit);
  }

  /**
   * A correction: the model, its layers a second time, the dense model where it is asked, and for
   * each core kept results, one block's results, logits of both, gradients in double and in single.
   *
   * @param adapters bytes of all adapters in single
   * @param dense whether the dense model is asked
   */
  long correct(long adapters, boolean dense) {
    long layers = FLOAT * config.linears().stream().mapToLong(LinearShape::weights).sum();
    long block = block();
    long kept = Math.min(machines.keepBytes(), block * config.blocks());
    long models = model() + layers + (dense ? model() : 0);
    long task = 3 * adapters + kept + 2 * block + (dense ? 2 : 1) * logits();
    return PROCESS + models + machines.cores() * task;
  }

  /** Merged adapters: for each core a layer before and after, and in double. */
  long merge() {
    return PROCESS + machines.cores() * largest(layer -> 4L * FLOAT * layer.weights());
  }

  private long largest(ToLongFunction<LinearShape> bytes) {
    return config.linears().stream().mapToLong(bytes).max().orElse(0);
  }

  /** Work on one layer. */
  private long layer(LinearShape layer) {
    long in = layer.augmentedInputs();
    long out = layer.outputs();
    long numbers = FACTOR_MATRICES * (in * in + out * out) + WEIGHT_MATRICES * in * out;
    return Double.BYTES * numbers;
  }

  /** Work on all layers of the attention or the MLP that a layer is in. */
  private long group(LinearShape layer) {
    return config.linears(layer.block()).stream()
        .filter(each -> ATTENTION.contains(each.role()) == ATTENTION.contains(layer.role()))
        .mapToLong(this::layer)
        .sum();
  }
}
