package org.llmsurgeon.surgery;

import java.util.List;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.pruning.EachGroup;
import org.llmsurgeon.pruning.PathMerge;

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
   * @param target share of all weights that may be gone, in [0, 1]
   * @param roundTo in each group of which neurons go, those left are a multiple of this
   */
  public PathMerge.Result select(List<PathMerge.Group> groups, double target, int roundTo) {
    return rule.alone()
        ? EachGroup.select(groups, targets(target), roundTo)
        : PathMerge.select(groups, target, roundTo);
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
