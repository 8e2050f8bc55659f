package org.llmsurgeon.surgery.local;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.correct.AdaptedModel;
import org.llmsurgeon.surgery.correct.AdapterTargets;
import org.llmsurgeon.surgery.correct.AdapterTraining;
import org.llmsurgeon.surgery.correct.Adapters;
import org.llmsurgeon.surgery.correct.CorrectionPlan;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The first-order correction of a shot in one process. */
final class LocalCorrection {
  private static final AdapterTraining.Checkpoints NOWHERE =
      new AdapterTraining.Checkpoints() {
        @Override
        public Optional<AdapterTraining.Result> restore(List<Tensor> state) {
          return Optional.empty();
        }

        @Override
        public void keep(AdapterTraining.Result done, List<Tensor> state) {}
      };

  private final Device device;
  private final ModelConfig config;
  private final WeightSource dense;
  private final CorrectionRule rule;
  private final AdapterTargets targets;

  /**
   * @param device where to compute
   * @param config the model
   * @param dense its weights before the first shot
   * @param recipe with what to do, and with which layers
   */
  LocalCorrection(Device device, ModelConfig config, WeightSource dense, Recipe recipe) {
    this.device = device;
    this.config = config;
    this.dense = dense;
    this.rule = recipe.correction();
    this.targets = AdapterTargets.of(recipe, config);
  }

  /**
   * Corrected layers.
   *
   * @param weights by layer; the caller owns them
   * @param result how it went
   */
  record Corrected(Map<String, LayerWeight> weights, AdapterTraining.Result result) {}

  /**
   * Trains and merges.
   *
   * @param pruned the weights of the shot
   * @param windows all calibration windows
   * @param plan which of them each step reads
   */
  Corrected correct(WeightSource pruned, int[][] windows, CorrectionPlan plan) {
    try (AdaptedModel model =
            AdaptedModel.load(config, pruned, device, MemoryLimits.DEFAULT, targets);
        Teacher teacher = new Teacher();
        AdapterTraining training = new AdapterTraining(device, targets, rule, plan)) {
      AdapterTraining.Result result =
          training.train(
              (step, parts, adapters, sum) -> {
                model.merge(adapters);
                parts.forEach(part -> compute(model, teacher, pick(windows, part), sum));
              },
              NOWHERE);
      return new Corrected(layers(training.adapters(), pruned), result);
    }
  }

  private static void compute(
      AdaptedModel model, Teacher teacher, int[][] windows, Consumer<AdaptedModel.Part> sum) {
    try (AdaptedModel.Part part = model.gradients(windows, teacher.model)) {
      sum.accept(part);
    }
  }

  private static int[][] pick(int[][] windows, int[] indices) {
    int[][] picked = new int[indices.length][];
    for (int i = 0; i < indices.length; i++) {
      picked[i] = windows[indices[i]];
    }
    return picked;
  }

  private Map<String, LayerWeight> layers(Adapters adapters, WeightSource pruned) {
    Map<String, LayerWeight> layers = new HashMap<>();
    for (int i = 0; i < targets.layers().size(); i++) {
      layers.put(targets.layers().get(i).name(), adapters.merge(i, device, pruned));
    }
    return layers;
  }

  /** The dense model, where the correction asks it. */
  private final class Teacher implements AutoCloseable {
    private final LanguageModel model =
        rule.kind() == CorrectionKind.DISTILL ? LanguageModel.load(config, dense, device) : null;

    @Override
    public void close() {
      if (model != null) {
        model.close();
      }
    }
  }
}
