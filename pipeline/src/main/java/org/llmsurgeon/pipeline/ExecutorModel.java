package org.llmsurgeon.pipeline;

import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.model.WeightSource;

/**
 * The model of this process. Tasks that ask for the same weights share it; when other weights are
 * asked for, it is closed as soon as its last task is done with it. So a process holds one model,
 * and for the moment of a change two. Models that are large for the process are mapped, see {@link
 * MappedWeights}.
 */
final class ExecutorModel implements AutoCloseable {
  private static ExecutorModel current;

  private final ModelRef ref;
  private final LanguageModel model;
  private int users;

  private ExecutorModel(ModelRef ref, LanguageModel model) {
    this.ref = ref;
    this.model = model;
  }

  /**
   * The model of some weights, loaded where this process does not hold it yet.
   *
   * @param ref which weights
   * @param settings how to reach them
   * @return to be closed by the task when it is done
   */
  static ExecutorModel acquire(ModelRef ref, HadoopSettings settings) {
    ExecutorCorrection.evict();
    synchronized (ExecutorModel.class) {
      if (current == null || !current.ref.equals(ref)) {
        evict();
        current = new ExecutorModel(ref, load(ref, settings));
      }
      current.users++;
      return current;
    }
  }

  /** Lets go of the model of this process; tasks that still use it keep it until they are done. */
  static void evict() {
    synchronized (ExecutorModel.class) {
      ExecutorModel old = current;
      current = null;
      if (old != null && old.users == 0) {
        old.model.close();
      }
    }
  }

  /**
   * Loads some weights, mapped where they are large for the process.
   *
   * @param ref which weights
   * @param settings how to reach them
   * @return owned by the caller
   */
  static LanguageModel load(ModelRef ref, HadoopSettings settings) {
    try (ModelWeights weights = ModelWeights.open(settings.storage(), ref)) {
      ModelConfig config = weights.config();
      if (weights.mapped() || !MappedWeights.wanted(config)) {
        return load(config, weights);
      }
      try (MappedWeights mapped = MappedWeights.copy(config, weights, ExecutorDevice.shared())) {
        return load(config, mapped);
      }
    }
  }

  private static LanguageModel load(ModelConfig config, WeightSource weights) {
    return LanguageModel.load(
        config,
        weights,
        ExecutorDevice.shared(),
        MemoryLimits.DEFAULT.withKeepBytes(PhysicalMemory.keepBytes()));
  }

  /** The network with its weights; not to be changed, nor used after {@link #close()}. */
  LanguageModel model() {
    return model;
  }

  @Override
  public void close() {
    synchronized (ExecutorModel.class) {
      users--;
      if (users == 0 && current != this) {
        model.close();
      }
    }
  }
}
