package org.llmsurgeon.surgery.choose;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.path.EliminationPath;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.pruning.path.RoundCosts;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The score tasks of a coupled group (method, section 6, ours). */
public final class GroupTask {
  private final Device device;
  private final UnitPlan.Planned planned;
  private final WeightSource weights;
  private final FactorSource factors;
  private final Recipe recipe;

  /**
   * @param device where to compute
   * @param planned the group
   * @param weights weights of the last committed shot
   * @param factors factors of this shot
   * @param recipe what to do
   */
  public GroupTask(
      Device device,
      UnitPlan.Planned planned,
      WeightSource weights,
      FactorSource factors,
      Recipe recipe) {
    this.device = device;
    this.planned = planned;
    this.weights = weights;
    this.factors = factors;
    this.recipe = recipe;
  }

  /**
   * Follows the group's elimination path.
   *
   * @param options how far and in which steps
   * @throws org.llmsurgeon.InputException if a factor cannot be inverted with the recipe's damping
   */
  public GroupScore path(PathOptions options) {
    PathOptions costed = options.with(recipe.costs());
    return operate(
        layers ->
            score(
                follow(layers, costed),
                planned
                    .heads(recipe)
                    .mapToObj(heads -> follow(layers, costed.keeping(heads)))
                    .toList(),
                layers));
  }

  private Path follow(List<LayerSurgery> layers, PathOptions options) {
    return EliminationPath.follow(device, planned.group(), layers, options);
  }

  /**
   * Costs what earlier global rounds have left.
   *
   * @param chosen what they chose of this group
   * @throws org.llmsurgeon.InputException if a factor cannot be inverted with the recipe's damping
   */
  public RoundScore round(ChosenUnits chosen) {
    return operate(
        layers -> {
          RoundCosts.Scored scored =
              RoundCosts.after(
                  device, planned.group(), layers, recipe.costs(), chosen.units(), chosen.ways());
          return new RoundScore(score(scored.path(), List.of(), layers), scored.joint());
        });
  }

  private <T> T operate(Function<List<LayerSurgery>, T> work) {
    List<LayerSurgery> layers = new ArrayList<>();
    try (TensorScope scope = new TensorScope(device)) {
      return LayerTask.explained(
          recipe,
          () -> {
            for (int i = 0; i < planned.shapes().size(); i++) {
              LinearShape shape = planned.shapes().get(i);
              LayerTask task = new LayerTask(device, shape, weights, factors, recipe);
              boolean costed = planned.group().needs(i).costs();
              layers.add(task.among(planned.shapes()).open(scope, costed));
            }
            return work.apply(layers);
          });
    } finally {
      layers.forEach(LayerSurgery::close);
    }
  }

  private GroupScore score(Path path, List<Path> even, List<LayerSurgery> layers) {
    return new GroupScore(
        path,
        even,
        of(layers, LayerSurgery::dead),
        of(layers, LayerSurgery::gone),
        layers.stream().map(LayerSurgery::health).toList());
  }

  /** Of each layer that may be touched. */
  private List<Selection> of(
      List<LayerSurgery> layers, Function<LayerSurgery, Selection> structure) {
    return IntStream.range(0, layers.size())
        .mapToObj(
            i ->
                recipe.layers().touches(planned.shapes().get(i))
                    ? structure.apply(layers.get(i))
                    : Selection.NONE)
        .toList();
  }
}
