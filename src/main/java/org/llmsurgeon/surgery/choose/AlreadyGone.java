package org.llmsurgeon.surgery.choose;

import java.util.List;
import java.util.Locale;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * How much of a model is gone before a run, in the sense of what the run removes: single weights
 * that are 0, groups that satisfy a pattern, rows and columns of zeros.
 *
 * @param config the model
 * @param recipe what is asked for
 */
public record AlreadyGone(ModelConfig config, Recipe recipe) {
  /**
   * Weights of a layer that are gone.
   *
   * @param device where to count
   * @param weights of the model
   * @param layer one that may be pruned
   */
  public long of(Device device, WeightSource weights, LinearShape layer) {
    if (!recipe.layers().touches(layer)) {
      return 0;
    }
    try (LayerWeight weight = LayerWeight.load(device, layer, weights);
        Tensor all = weight.augmented(device)) {
      return Competition.of(config, recipe).gone(layer, ElementMask.ofZeros(device, all));
    }
  }

  /**
   * Throws if nothing would be left to do, or if some layers have lost more than they may: what is
   * gone does not come back.
   *
   * @param share of the prunable weights at the end
   * @param gone of each layer, what {@link #of} says
   * @throws InputException naming what is gone already
   */
  public void requireLess(double share, List<Long> gone) {
    List<Allowance> allowances = Competition.of(config, recipe).allowances(share);
    long all = gone.stream().mapToLong(Long::longValue).sum();
    long may = allowances.stream().mapToLong(Allowance::weights).sum();
    if (all > 0 && all >= may) {
      long total = config.linears().stream().mapToLong(LinearShape::weights).sum();
      double unit = recipe.goal().sparsity() / share;
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%.2f %% of the %s are gone already, in the sense of %s, and %s asks for no more;"
                  + " give more than that.",
              100 * unit * all / total,
              recipe.goal().of().optionName(),
              StructureSettings.STRUCTURES.spelled(recipe.structures().optionName()),
              StepSettings.SPARSITY.spelled(recipe.goal().sparsity())));
    }
    requireEachLess(allowances, gone);
  }

  private void requireEachLess(List<Allowance> allowances, List<Long> gone) {
    for (Allowance part : allowances) {
      long of = part.layers().stream().mapToLong(each -> gone.get(config.index(each))).sum();
      if (recipe.layers().alone() && of > part.weights()) {
        throw passed(part.name(), of, part, LayerSettings.THRESHOLD.spelled("layer"));
      }
    }
    for (int i = 0; i < gone.size(); i++) {
      LinearShape layer = config.linears().get(i);
      Allowance most = new Allowance(layer.name(), List.of(layer), recipe.layers().most(layer));
      if (gone.get(i) > most.weights()) {
        throw passed(layer.name(), gone.get(i), most, LayerSettings.LIMIT.spelled());
      }
    }
  }

  private static InputException passed(String name, long gone, Allowance most, String option) {
    double total = most.layers().stream().mapToLong(LinearShape::weights).sum();
    return new InputException(
        String.format(
            Locale.ROOT,
            "Of %s %.2f %% are gone already, and %s allows %.2f %%; leave it out with %s, or allow"
                + " more.",
            name,
            100 * gone / total,
            option,
            100 * most.weights() / total,
            LayerSettings.EXCLUDE.spelled()));
  }
}
