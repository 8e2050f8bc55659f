package org.llmsurgeon.pipeline.prune;

import org.llmsurgeon.InputException;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.export.plan.WrittenForms;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Says before a run where its result could not be written in the form that is asked for. */
final class FormCheck {
  private FormCheck() {}

  /**
   * Throws where the form does not fit.
   *
   * @param route the form
   * @param recipe what is to go
   * @param dense the model
   * @throws InputException naming what to give instead
   */
  static void require(Route route, Recipe recipe, ModelWeights dense) {
    requireExperts(route, recipe);
    if (route == Route.AUTO || route == Route.ZEROS) {
      return;
    }
    ModelConfig config = dense.config();
    String model = dense.folder().path();
    WrittenForms.require(route, config, model);
    if (recipe.structures().sparse()) {
      throw new InputException(
          "--export %s leaves out rows, columns and units, but --structures %s prunes single weights; choose the form zeros."
              .formatted(route.optionName(), recipe.structures().optionName()));
    }
    boolean oneWidth = recipe.structures().coupled() && recipe.selection().widths().oneWidth();
    if (route == Route.UNIFORM && !oneWidth) {
      throw new InputException(
          "--export uniform has the same sizes in all blocks, which only units with --one-width"
              + " come to; give --one-width, or --export auto.");
    }
  }

  /** Whole experts go with their rows of the router, which zeros cannot say. */
  private static void requireExperts(Route route, Recipe recipe) {
    if (!recipe.structures().units().contains(UnitKind.EXPERT)) {
      return;
    }
    if (route == Route.ZEROS || route == Route.UNIFORM) {
      throw new InputException(
          "--export %s cannot say that blocks keep experts of their own number; leave it out, or give --export per-layer."
              .formatted(route.optionName()));
    }
  }
}
