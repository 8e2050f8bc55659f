package org.llmsurgeon.surgery.local;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.correct.HeldOutWindows;
import org.llmsurgeon.surgery.correct.LayerRefit;
import org.llmsurgeon.surgery.correct.PairedMoments;
import org.llmsurgeon.surgery.correct.PairedRun;
import org.llmsurgeon.surgery.correct.Reconstruction;
import org.llmsurgeon.surgery.correct.WholeRuns;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The reconstruction of a pruned model in one process. */
final class LocalReconstruction
    implements Reconstruction.Work<LayeredWeights, LocalReconstruction.Parts>, AutoCloseable {
  private final Device device;
  private final ModelConfig config;
  private final WeightSource dense;
  private final Recipe recipe;
  private final int[][] windows;
  private final LanguageModel teacher;
  private final List<LinearShape> groups;
  private Parts current = new Parts(List.of());

  /**
   * @param device where to compute
   * @param config the model
   * @param dense its weights before the first shot
   * @param recipe with the damping, the shards and the layers that may be touched
   * @param windows all calibration windows
   */
  LocalReconstruction(
      Device device, ModelConfig config, WeightSource dense, Recipe recipe, int[][] windows) {
    this.device = device;
    this.config = config;
    this.dense = dense;
    this.recipe = recipe;
    this.windows = windows;
    this.groups = PairedMoments.groups(config);
    this.teacher = LanguageModel.load(config, dense, device);
  }

  /**
   * Moments of all shards.
   *
   * @param shards in order
   */
  record Parts(List<PairedMoments> shards) {}

  @Override
  public Parts moments(LayeredWeights state, int group) {
    current.shards().forEach(PairedMoments::close);
    current =
        new Parts(
            shards(state, windows -> PairedMoments.accumulate(device, windows, groups.get(group))));
    return current;
  }

  @Override
  public double loss(LayeredWeights state) {
    return Reconstruction.meanLoss(shards(state, windows -> PairedRun.losses(windows, 0)));
  }

  private <R> List<R> shards(LayeredWeights state, Function<PairedRun.Windows, R> look) {
    try (LanguageModel pruned = LanguageModel.load(config, state, device)) {
      return Shard.plan(windows.length, recipe.shards()).stream()
          .map(shard -> look.apply(runs(pruned, shard)))
          .toList();
    }
  }

  private WholeRuns runs(LanguageModel pruned, Shard shard) {
    int[][] part = Arrays.copyOfRange(windows, shard.from(), shard.to());
    return new WholeRuns(teacher, pruned, part, shard.from(), new HeldOutWindows(windows.length));
  }

  @Override
  public LayeredWeights refit(LayeredWeights state, int group, Parts moments) {
    LinearShape first = groups.get(group);
    Map<String, LayerWeight> refitted = new HashMap<>();
    try (LayerRefit.Moments fit = sum(first, moments, 0);
        LayerRefit.Moments judge = sum(first, moments, 2)) {
      for (LinearShape layer : config.linears()) {
        if (layer.inputGroup().equals(first.name()) && recipe.layers().touches(layer)) {
          LayerRefit refit = new LayerRefit(device, layer, recipe);
          refitted.put(layer.name(), refit.refit(dense, state, fit, judge).weight());
        }
      }
    }
    return state.with(refitted);
  }

  /** Sums of all shards, of which each has two from here on. */
  private LayerRefit.Moments sum(LinearShape first, Parts moments, int from) {
    return LayerRefit.Moments.sum(
        device,
        first.augmentedInputs(),
        moments.shards().stream().map(each -> each.sums().subList(from, from + 2)).toList());
  }

  @Override
  public void decided(LayeredWeights kept, LayeredWeights dropped) {
    dropped
        .layers()
        .forEach(
            (name, weight) -> {
              if (kept.layers().get(name) != weight) {
                weight.close();
              }
            });
  }

  @Override
  public void close() {
    current.shards().forEach(PairedMoments::close);
    teacher.close();
  }
}
