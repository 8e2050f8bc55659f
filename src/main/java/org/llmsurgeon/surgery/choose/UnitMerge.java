package org.llmsurgeon.surgery.choose;

import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pruning.merge.GroupThresholds;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.recipe.LayerRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** How far the paths of a model's groups go: under one threshold, or each group on its own. */
public final class UnitMerge {
  private final List<UnitPlan.Planned> planned;
  private final LayerRule rule;

  /**
   * @param planned all groups of the model
   * @param rule which layers may be touched
   */
  public UnitMerge(List<UnitPlan.Planned> planned, LayerRule rule) {
    this.planned = planned;
    this.rule = rule;
  }

  /**
   * Merges paths.
   *
   * @param groups all groups, in the model's order
   * @param target share of all weights that may be gone
   * @param widths which widths may be left
   */
  public PathMerge.Result select(
      List<PathMerge.Group> groups, PathMerge.Target target, WidthRule widths) {
    if (!rule.alone()) {
      return PathMerge.select(groups, target, widths);
    }
    double[] now = targets(target.now());
    double[] end = targets(target.end());
    List<PathMerge.Target> targets =
        IntStream.range(0, now.length)
            .mapToObj(i -> new PathMerge.Target(now[i], end[i], target.kept()))
            .toList();
    return GroupThresholds.select(groups, targets, widths);
  }

  /**
   * How much may be gone after a shot.
   *
   * @param recipe says whether the model is kept then
   * @param now share of all weights after the shot
   * @param end share of all weights at the end of the run
   */
  public static PathMerge.Target target(Recipe recipe, double now, double end) {
    return new PathMerge.Target(now, end, recipe.savedAt(now, end).isPresent());
  }

  /** Share of the weights of each group. */
  double[] targets(double target) {
    List<LinearShape> all = planned.stream().flatMap(each -> each.shapes().stream()).toList();
    double own = rule.ofTouched(target, all);
    return planned.stream()
        .mapToDouble(each -> own * rule.touched(each.shapes()) / each.group().weights())
        .toArray();
  }
}
