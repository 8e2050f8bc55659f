package org.llmsurgeon.pipeline.weights;

import java.util.List;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.KeptMemory;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.LocalScratch;
import org.llmsurgeon.pipeline.run.ModelRef;

/**
 * The models of this process. Tasks that ask for the same weights on the same device share them,
 * see {@link ProcessCache}. Models that are large for the process are mapped, see {@link
 * MappedWeights}.
 */
public final class ExecutorModel {
  private ExecutorModel() {}

  /**
   * The model of some weights.
   *
   * @param ref which weights
   * @param settings how to reach them
   * @return not to be changed; to be closed by the task when it is done
   */
  public static ProcessCache.Held<LanguageModel> acquire(ModelRef ref, HadoopSettings settings) {
    return acquire(ProcessCache.Work.PASS, ProcessCache.Role.MODEL, ref, settings);
  }

  /**
   * One of the two models of {@link ProcessCache.Work#PASS_OF_TWO}.
   *
   * @param role which one
   * @param ref its weights
   * @param settings how to reach them
   * @return as {@link #acquire(ModelRef, HadoopSettings)}
   */
  public static ProcessCache.Held<LanguageModel> ofTwo(
      ProcessCache.Role role, ModelRef ref, HadoopSettings settings) {
    return acquire(ProcessCache.Work.PASS_OF_TWO, role, ref, settings);
  }

  private static ProcessCache.Held<LanguageModel> acquire(
      ProcessCache.Work work, ProcessCache.Role role, ModelRef ref, HadoopSettings settings) {
    List<Object> key = List.of(ref, ExecutorDevice.shared());
    return ProcessCache.shared().acquire(work, role, key, () -> load(ref, settings));
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
        KeptMemory.limits(ExecutorDevice.shared())
            .withSpill(() -> LocalScratch.file("activations")));
  }
}
