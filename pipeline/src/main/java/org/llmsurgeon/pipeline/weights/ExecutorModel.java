package org.llmsurgeon.pipeline.weights;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.KeptMemory;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.LocalScratch;
import org.llmsurgeon.pipeline.run.ModelRef;

/**
 * The model of this process. Tasks that ask for the same weights on the same device share it; when
 * other weights are asked for, it is closed as soon as its last task is done with it. So a process
 * holds one model, and for the moment of a change two, and beside it the dense one where tasks
 * compare the two. Models that are large for the process are mapped, see {@link MappedWeights}.
 */
public final class ExecutorModel implements AutoCloseable {
  private static final Map<Role, ExecutorModel> CURRENT = new EnumMap<>(Role.class);

  /** What a model is for: a process may hold one of each. */
  private enum Role {
    /** The model that a task is about. */
    MODEL,
    /** The dense model beside it. */
    DENSE
  }

  private static final List<Runnable> NEIGHBOURS = new CopyOnWriteArrayList<>();

  private final Role role;
  private final ModelRef ref;
  private final Device device;
  private final LanguageModel model;
  private int users;

  private ExecutorModel(Role role, ModelRef ref, Device device, LanguageModel model) {
    this.role = role;
    this.ref = ref;
    this.device = device;
    this.model = model;
  }

  /**
   * The model of some weights, loaded where this process does not hold it yet.
   *
   * @param ref which weights
   * @param settings how to reach them
   * @return to be closed by the task when it is done
   */
  public static ExecutorModel acquire(ModelRef ref, HadoopSettings settings) {
    return acquire(Role.MODEL, ref, settings);
  }

  /**
   * The dense model for a task that uses it beside the one of {@link #acquire}.
   *
   * @param ref the dense model
   * @param settings how to reach it
   * @return to be closed by the task when it is done
   */
  public static ExecutorModel acquireDense(ModelRef ref, HadoopSettings settings) {
    return acquire(Role.DENSE, ref, settings);
  }

  /**
   * Has others let go of what they hold of this process before a model is acquired here.
   *
   * @param evict lets go
   */
  public static void makeRoom(Runnable evict) {
    NEIGHBOURS.add(evict);
  }

  private static ExecutorModel acquire(Role role, ModelRef ref, HadoopSettings settings) {
    NEIGHBOURS.forEach(Runnable::run);
    synchronized (ExecutorModel.class) {
      ExecutorModel held = CURRENT.get(role);
      Device device = ExecutorDevice.shared();
      if (held == null || !held.ref.equals(ref) || held.device != device) {
        evict(role);
        held = new ExecutorModel(role, ref, device, load(ref, settings));
        CURRENT.put(role, held);
      }
      held.users++;
      return held;
    }
  }

  /**
   * Lets go of the models of this process; tasks that still use one keep it until they are done.
   */
  public static void evict() {
    synchronized (ExecutorModel.class) {
      for (Role role : Role.values()) {
        evict(role);
      }
    }
  }

  private static void evict(Role role) {
    ExecutorModel old = CURRENT.remove(role);
    if (old != null && old.users == 0) {
      old.model.close();
    }
  }

  /**
   * Loads some weights, mapped where they are large for the process.
   *
   * @param ref which weights
   * @param settings how to reach them
   * @return owned by the caller
   */
  public static LanguageModel load(ModelRef ref, HadoopSettings settings) {
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
        MemoryLimits.DEFAULT
            .withKeepBytes(KeptMemory.bytes())
            .withSpill(() -> LocalScratch.file("activations")));
  }

  /** The network with its weights; not to be changed, nor used after {@link #close()}. */
  public LanguageModel model() {
    return model;
  }

  @Override
  public void close() {
    synchronized (ExecutorModel.class) {
      users--;
      if (users == 0 && CURRENT.get(role) != this) {
        model.close();
      }
    }
  }
}
