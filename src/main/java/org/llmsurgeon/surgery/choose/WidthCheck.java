package org.llmsurgeon.surgery.choose;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.merge.WidthDemand;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.pruning.structure.WidthLayout;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Says before a run, and at its end, where layers cannot be left as wide as a recipe wants. */
public final class WidthCheck {
  private WidthCheck() {}

  /**
   * Throws if too little goes for the widths that are asked for.
   *
   * @param config the model, of which nothing is gone yet
   * @param recipe what to do
   * @param share of the prunable weights at the end
   * @throws InputException naming what stands against it
   */
  public static void requireReachable(ModelConfig config, Recipe recipe, double share) {
    WidthRule rule = recipe.selection().widths();
    if (rule.parallel() == 1) {
      return;
    }
    List<UnitPlan.Planned> groups = UnitPlan.of(config, recipe).groups();
    double[] own = new UnitMerge(groups, recipe.layers()).targets(share);
    long least = 0;
    long total = 0;
    for (int i = 0; i < groups.size(); i++) {
      UnitPlan.Planned planned = groups.get(i);
      OptionalLong weights = WidthDemand.least(planned.group(), rule);
      if (weights.isEmpty()) {
        throw new InputException(
            String.format(
                "%s cannot split %s, which has %s, into equal parts with these %s, %s and %s; give"
                    + " a smaller number.",
                StructureSettings.TENSOR_PARALLEL.spelled(rule.parallel()),
                planned.group().name(),
                size(planned.group().widths()),
                StructureSettings.UNITS.spelled(),
                StructureSettings.ROUND_TO.spelled(),
                LayerSettings.LIMIT.spelled()));
      }
      if (recipe.layers().alone()) {
        String where = " of " + planned.group().name();
        require(rule, weights.getAsLong(), new Room(where, own[i], planned.group().weights()));
      }
      least += weights.getAsLong();
      total += planned.group().weights();
    }
    require(rule, least, new Room("", share, total));
  }

  /** How much may go somewhere. */
  private record Room(String where, double share, long weights) {}

  private static void require(WidthRule rule, long least, Room room) {
    if (least > WeightCount.atMost(room.share(), room.weights())) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s needs at least %.4f of the weights%s gone, since layers are to split into equal"
                  + " parts; raise %s, which lets %.4f of them go.",
              StructureSettings.TENSOR_PARALLEL.spelled(rule.parallel()),
              Math.ceil(1e4 * least / room.weights()) / 1e4,
              room.where(),
              StepSettings.SPARSITY.spelled(),
              room.share()));
    }
  }

  /**
   * Throws if the last shot leaves layers that are not as wide as they must be.
   *
   * @param planned all groups
   * @param result what the last shot chose
   * @throws InputException naming the first of them
   */
  public static void requireMet(List<UnitPlan.Planned> planned, PathMerge.Result result) {
    if (result.unmet().length > 0) {
      throw new InputException(
          "The target leaves too little room to make "
              + planned.get(result.unmet()[0]).group().name()
              + " as wide as "
              + StructureSettings.TENSOR_PARALLEL.spelled()
              + " or "
              + StructureSettings.ONE_WIDTH.spelled()
              + " want it; raise "
              + StepSettings.SPARSITY.spelled()
              + ".");
    }
  }

  private static String size(WidthLayout widths) {
    return widths.member() == UnitKind.NEURON
        ? widths.members() + " neurons"
        : widths.members() + " heads of " + widths.groups() + " key/value heads";
  }
}
