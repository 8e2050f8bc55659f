package org.llmsurgeon.surgery.choose;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.pruning.baseline.UnitScores;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.path.ScoredPath;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The order in which a coupled group gives up its units under a published score. */
public final class BaselinePath {
  private final Device device;
  private final WeightSource weights;
  private final FactorSource gathered;
  private final UnitBaseline baseline;

  /**
   * @param device where to compute
   * @param weights the dense weights
   * @param gathered what the baseline needs
   * @param baseline which score
   */
  public BaselinePath(
      Device device, WeightSource weights, FactorSource gathered, UnitBaseline baseline) {
    this.device = device;
    this.weights = weights;
    this.gathered = gathered;
    this.baseline = baseline;
  }

  /**
   * Throws unless the units are those that the scores are published for.
   *
   * @param structures what may go
   * @throws InputException if others may go, too
   */
  public static void requireKnown(Structures structures) {
    if (!structures.coupled() || !Units.LOADABLE.kinds().containsAll(structures.units())) {
      throw new InputException(
          "magnitude, wanda, minitron, taylor and flap score neurons, heads and groups; give "
              + StructureSettings.UNITS.spelled(Units.LOADABLE.unitNames())
              + ", or leave these methods out.");
    }
  }

  /**
   * The path of a group.
   *
   * @param groups all groups of the model
   * @param which position of the group
   * @param recipe what to do
   * @throws org.llmsurgeon.compute.NonFiniteException if a score is not finite
   */
  public GroupScore of(List<UnitPlan.Planned> groups, int which, Recipe recipe) {
    UnitPlan.Planned planned = groups.get(which);
    try (TensorScope scope = new TensorScope(device)) {
      List<UnitScores.Layer> layers = new ArrayList<>();
      for (LinearShape shape : planned.shapes()) {
        layers.add(layer(scope, shape));
      }
      double[] scores =
          new UnitScores(device, planned.group(), layers).units(baseline, raised(groups));
      Path path = ScoredPath.of(planned.group(), scores, 0);
      List<Path> even =
          planned
              .heads(recipe)
              .mapToObj(heads -> ScoredPath.of(planned.group(), scores, heads))
              .toList();
      List<Selection> nothing = layers.stream().map(layer -> Selection.NONE).toList();
      List<List<FactorHealth>> unseen =
          layers.stream().map(layer -> List.<FactorHealth>of()).toList();
      return new GroupScore(path, even, nothing, nothing, unseen);
    }
  }

  private UnitScores.Layer layer(TensorScope scope, LinearShape shape) {
    boolean last = shape.role() == LinearRole.OUTPUT || shape.role() == LinearRole.DOWN;
    UnitBaseline.Needs needs = baseline.needs();
    Tensor weight = scope.own(weights.load(shape.weightName(), device));
    Tensor gradient =
        needs == UnitBaseline.Needs.GRADIENTS
            ? scope.own(gathered.load(FactorPlan.gradient(shape), device))
            : null;
    Tensor statistics =
        last && needs == UnitBaseline.Needs.STATISTICS
            ? scope.own(gathered.load(FactorPlan.statistics(shape), device))
            : null;
    return new UnitScores.Layer(weight, gradient, statistics);
  }

  /** A standardised score of n numbers is above {@code -sqrt(n)}. */
  private static double raised(List<UnitPlan.Planned> groups) {
    return Math.sqrt(
        groups.stream()
            .flatMap(each -> each.shapes().stream())
            .mapToInt(LinearShape::inputs)
            .max()
            .orElse(1));
  }
}
