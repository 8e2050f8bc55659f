package org.llmsurgeon.surgery.choose;

import java.util.Locale;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Whether a goal can be reached with what may go.
 *
 * @param config the model
 * @param recipe what to do
 */
public record Reachability(ModelConfig config, Recipe recipe) {
  /**
   * Throws if more is asked for than may go.
   *
   * @param share of the prunable weights at the end, from {@link
   *     org.llmsurgeon.surgery.recipe.TargetShare}
   * @throws InputException naming the most that can be asked for
   */
  public void require(double share) {
    Competition.of(config, recipe).requireReachable(share);
  }

  /**
   * How much may go somewhere.
   *
   * @param where for the message; empty for the whole model
   * @param most weights that may go
   * @param total weights that there are
   */
  record Part(String where, long most, long total) {}

  static void require(Recipe recipe, double share, Part part) {
    if (WeightCount.atMost(share, part.total()) > part.most()) {
      double reachable = recipe.goal().sparsity() * part.most() / (share * part.total());
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The sparsity %s cannot be reached%s with %s and the layers and limits that are"
                  + " given: the most is %.4f; give less, or let more go.",
              recipe.goal().sparsity(),
              part.where(),
              StructureSettings.STRUCTURES.spelled(recipe.structures().optionName()),
              Math.floor(reachable * 1e4) / 1e4));
    }
  }
}
