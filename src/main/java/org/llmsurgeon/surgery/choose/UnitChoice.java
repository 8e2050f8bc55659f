package org.llmsurgeon.surgery.choose;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Which units of a whole model may go.
 *
 * @param config the model
 * @param recipe what to do; its structures are units
 */
record UnitChoice(ModelConfig config, Recipe recipe) implements Competition {
  @Override
  public void requireReachable(double share) {
    requireRoom(share);
    WidthCheck.requireReachable(config, recipe, share);
  }

  private void requireRoom(double share) {
    List<UnitPlan.Planned> planned = UnitPlan.of(config, recipe).groups();
    if (!recipe.layers().alone()) {
      long all = planned.stream().mapToLong(each -> each.group().reachable()).sum();
      long most = all - kept(planned);
      long total = config.linears().stream().mapToLong(LinearShape::weights).sum();
      Reachability.require(recipe, share, new Reachability.Part("", most, total));
      return;
    }
    double[] targets = new UnitMerge(planned, recipe.layers()).targets(share);
    for (int i = 0; i < targets.length; i++) {
      CoupledGroup group = planned.get(i).group();
      Reachability.Part part =
          new Reachability.Part(" in " + group.name(), group.reachable(), group.weights());
      Reachability.require(recipe, targets[i], part);
    }
  }

  /** Weights of the last units of experts of which too few would be left: the smallest may stay. */
  private static long kept(List<UnitPlan.Planned> planned) {
    Map<CoupledGroup.Peers, List<CoupledGroup>> peers = new LinkedHashMap<>();
    for (UnitPlan.Planned each : planned) {
      CoupledGroup group = each.group();
      if (group.peers() != null && group.reachable() == group.weights()) {
        peers.computeIfAbsent(group.peers(), any -> new ArrayList<>()).add(group);
      }
    }
    long kept = 0;
    for (Map.Entry<CoupledGroup.Peers, List<CoupledGroup>> each : peers.entrySet()) {
      kept +=
          each.getValue().stream()
              .mapToLong(CoupledGroup::smallestUnit)
              .sorted()
              .limit(each.getKey().least())
              .sum();
    }
    return kept;
  }

  @Override
  public List<Allowance> allowances(double share) {
    if (!recipe.layers().alone()) {
      return List.of(Allowance.ofAll(config.linears(), share));
    }
    List<UnitPlan.Planned> planned = UnitPlan.of(config, recipe).groups();
    double[] targets = new UnitMerge(planned, recipe.layers()).targets(share);
    return IntStream.range(0, targets.length)
        .mapToObj(
            i -> {
              CoupledGroup group = planned.get(i).group();
              long most = WeightCount.atMost(targets[i], group.weights());
              return new Allowance(group.name(), planned.get(i).shapes(), most);
            })
        .toList();
  }

  @Override
  public long largestStep() {
    WidthRule rule = recipe.selection().widths();
    LongStream parts =
        UnitPlan.of(config, recipe).groups().stream()
            .mapToLong(each -> each.group().largestStep(rule));
    return recipe.layers().alone() || rule.oneWidth() ? parts.sum() : parts.max().orElse(0);
  }
}
