package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.catalog.CorrectionSettings;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.RecoverySettings;
import org.llmsurgeon.surgery.catalog.StepSettings;

/**
 * What a recipe asks for and a network's objective does not give: a draw of what a network says
 * where it says no one of several, a loss of its own where there is only a distance to the dense
 * model.
 */
public final class ObjectiveCheck {
  private final Recipe recipe;
  private final ModelConfig config;

  private ObjectiveCheck(Recipe recipe, ModelConfig config) {
    this.recipe = recipe;
    this.config = config;
  }

  /**
   * Throws where the objective does not give what the recipe asks for.
   *
   * @param recipe how to prune
   * @param config the network
   * @throws InputException naming the option and another value of it
   */
  public static void require(Recipe recipe, ModelConfig config) {
    ObjectiveCheck check = new ObjectiveCheck(recipe, config);
    check.requireDraws();
    if (!config.objective().hasAnswers()) {
      check.requireNoLosses();
    }
  }

  private void requireDraws() {
    Objective.Output output = config.objective().output();
    boolean says = output != Objective.Output.VECTOR && output != Objective.Output.NUMBER;
    if (recipe.curvature().fisher().kind() == FisherKind.KL && !says) {
      throw new InputException(
          "%s draws what the dense model says, and a model of %s says no one of several; give %s."
              .formatted(
                  CurvatureSettings.FISHER.spelled("kl"),
                  output == Objective.Output.VECTOR ? "embeddings" : "numbers",
                  CurvatureSettings.FISHER.spelled("sampled")));
    }
  }

  private void requireNoLosses() {
    String own = " needs what is right, and of embeddings only the dense model's are known; give ";
    if (recipe.correction().kind() == CorrectionKind.CROSS_ENTROPY) {
      throw new InputException(
          CorrectionSettings.CORRECT.spelled("cross-entropy")
              + own
              + CorrectionSettings.CORRECT.spelled("distill."));
    }
    if (recipe.recovery().kind() == CorrectionKind.CROSS_ENTROPY) {
      throw new InputException(
          RecoverySettings.RECOVER.spelled("cross-entropy")
              + own
              + RecoverySettings.RECOVER.spelled("distill."));
    }
    if (recipe.correction().reconstruct()) {
      throw new InputException(
          CorrectionSettings.RECONSTRUCT.spelled()
              + own
              + CorrectionSettings.CORRECT.spelled("distill."));
    }
    requireNot(recipe.selection().trusted(), LayerSettings.TRUST_REGION.spelled(), "leave it out");
    requireNot(
        recipe.pace().adaptive(), StepSettings.SHOTS.spelled() + " auto", "give a number of shots");
  }

  private static void requireNot(boolean asked, String option, String remedy) {
    if (asked) {
      throw new InputException(
          option
              + " holds predicted against measured losses, and the loss of embeddings is 0 at the"
              + " start; "
              + remedy
              + ".");
    }
  }
}
