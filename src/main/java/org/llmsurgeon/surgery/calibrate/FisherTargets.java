package org.llmsurgeon.surgery.calibrate;

import java.util.Arrays;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.pass.TokenDraw;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The targets of a recipe's Fisher. A draw depends on the seed, the window's place among all
 * windows, the position and its number alone, never on shards or machines.
 */
public final class FisherTargets {
  private FisherTargets() {}

  /**
   * Targets of a shard.
   *
   * @param recipe how to prune
   * @param objective what the model is to do: where examples do not say what is right, there is
   *     only what is drawn
   * @param shard which windows
   * @param ofDense what {@link #drawOfDense} gave for the shard; null unless the Fisher is {@link
   *     FisherKind#KL}
   */
  public static Targets of(Recipe recipe, Objective objective, Shard shard, int[][][] ofDense) {
    if (!objective.hasAnswers()) {
      return drawn(recipe, shard);
    }
    return switch (recipe.curvature().fisher().kind()) {
      case EMPIRICAL -> Targets.OF_TEXT;
      case SAMPLED -> drawn(recipe, shard);
      case KL -> new Targets.Given(ofDense);
    };
  }

  /**
   * Draws the targets of a shard from the dense model.
   *
   * @param dense the model before the first shot
   * @param windows tokens of the shard, {@code [windows, context]}
   * @param recipe how to prune
   * @param shard which windows these are
   * @return {@code [windows, draws, context]}
   */
  public static int[][][] drawOfDense(
      LanguageModel dense, int[][] windows, Recipe recipe, Shard shard) {
    int[][][] drawn = dense.draw(windows, drawn(recipe, shard));
    // Labelled texts differ in length, the rows of a file do not; images have more pixels than
    // tokens
    for (int window = 0; window < drawn.length; window++) {
      for (int draw = 0; draw < drawn[window].length; draw++) {
        int places = dense.config().objective().places(windows[window].length);
        drawn[window][draw] = Arrays.copyOf(drawn[window][draw], places);
      }
    }
    return drawn;
  }

  private static Targets.Drawn drawn(Recipe recipe, Shard shard) {
    TokenDraw draw = new TokenDraw(recipe.calibration().seed(), shard.from());
    return new Targets.Drawn(draw, recipe.curvature().fisher().samples());
  }
}
