package org.llmsurgeon.pipeline.correct;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.KeptMemory;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.correct.AdaptedModel;
import org.llmsurgeon.surgery.correct.AdapterTargets;
import org.llmsurgeon.surgery.correct.Adapters;

/**
 * The model that this process corrects, with the adapters of one step merged into it. Tasks of a
 * step share it; the first task of the next step waits until they are done, a straggler of an
 * earlier step likewise, and merges its own adapters.
 */
public final class ExecutorCorrection implements AutoCloseable {
  private static ExecutorCorrection current;

  static {
    ExecutorModel.makeRoom(ExecutorCorrection::evict);
  }

  private final CorrectionWork work;
  private final Device device;
  private final AdaptedModel model;
  private final LanguageModel teacher;
  private StoredTensors merged;
  private int users;

  private ExecutorCorrection(
      CorrectionWork work, Device device, AdaptedModel model, LanguageModel teacher) {
    this.work = work;
    this.device = device;
    this.model = model;
    this.teacher = teacher;
  }

  /**
   * The model with some adapters.
   *
   * @param work which model
   * @param adapters the adapters
   * @return to be closed by the task when it is done
   */
  static ExecutorCorrection acquire(CorrectionWork work, StoredTensors adapters) {
    ExecutorModel.evict();
    synchronized (ExecutorCorrection.class) {
      while (current != null && current.users > 0 && !current.holds(work, adapters)) {
        await();
      }
      if (current == null || !current.serves(work)) {
        evict();
        current = load(work);
      }
      current.merge(adapters);
      current.users++;
      return current;
    }
  }

  private static void await() {
    try {
      ExecutorCorrection.class.wait();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while other tasks used the model", interrupted);
    }
  }

  /** Lets go of the model of this process; tasks that still use it keep it until they are done. */
  public static void evict() {
    synchronized (ExecutorCorrection.class) {
      ExecutorCorrection old = current;
      current = null;
      if (old != null && old.users == 0) {
        old.free();
      }
    }
  }

  private static ExecutorCorrection load(CorrectionWork work) {
    Device device = ExecutorDevice.shared();
    MemoryLimits limits = MemoryLimits.DEFAULT.withKeepBytes(KeptMemory.bytes());
    LanguageModel teacher =
        work.dense() == null ? null : ExecutorModel.load(work.dense(), work.settings());
    try (ModelWeights weights = ModelWeights.open(work.settings().storage(), work.cut())) {
      AdapterTargets targets = work.targets(weights.config());
      AdaptedModel model = AdaptedModel.load(weights.config(), weights, device, limits, targets);
      return new ExecutorCorrection(work, device, model, teacher);
    } catch (RuntimeException failure) {
      if (teacher != null) {
        teacher.close();
      }
      throw failure;
    }
  }

  private boolean holds(CorrectionWork other, StoredTensors adapters) {
    return serves(other) && adapters.equals(merged);
  }

  private boolean serves(CorrectionWork other) {
    return work.models().equals(other.models()) && device == ExecutorDevice.shared();
  }

  private void merge(StoredTensors adapters) {
    if (adapters.equals(merged)) {
      return;
    }
    merged = null;
    try (Adapters read =
        work.targets(model.model().config()).zeros(ExecutorDevice.shared(), Precision.SINGLE)) {
      adapters.read(work.directory(), 0, read.tensors());
      model.merge(read);
    }
    merged = adapters;
  }

  /**
   * Gradients of the adapters; not after {@link #close()}.
   *
   * @param windows tokens, {@code [windows, context]}
   */
  AdaptedModel.Part gradients(int[][] windows) {
    return model.gradients(windows, teacher);
  }

  private void free() {
    model.close();
    if (teacher != null) {
      teacher.close();
    }
  }

  @Override
  public void close() {
    synchronized (ExecutorCorrection.class) {
      users--;
      if (users == 0 && current != this) {
        free();
      }
      ExecutorCorrection.class.notifyAll();
    }
  }
}
