package org.llmsurgeon.surgery.shot;

import java.util.function.Function;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The life of one shot, up to the weights that are its result.
 *
 * <ol>
 *   <li>Measure: accumulate the curvature's sums over the calibration windows, on the weights of
 *       the last shot, and reduce them to one mean for each factor.
 *   <li>Choose: score what may go of every layer by these factors, and find the threshold, one over
 *       all layers, under which the shot's share goes ({@link ShotChooser}).
 *   <li>Cut each layer, and change what stays so that it makes up for what goes.
 *   <li>Where it is asked for, after the last cut: refit layers to the dense model's outputs.
 *   <li>Where it is asked for: train adapters and merge them.
 *   <li>Where it is asked for, after the last cut: train all that is left.
 * </ol>
 *
 * @param <S> a state of the shot
 */
public final class ShotLife<S> {
  private final Recipe recipe;
  private final ShotEngine<S> engine;

  /**
   * @param recipe what to do
   * @param engine does it
   */
  public ShotLife(Recipe recipe, ShotEngine<S> engine) {
    this.recipe = recipe;
    this.engine = engine;
  }

  /** Does all steps of the shot. */
  public S run() {
    CorrectionRule rule = recipe.correction();
    boolean recovers = recipe.recovery().isWanted();
    if (!rule.isWanted() && !rule.reconstruct() && !recovers) {
      return cut();
    }
    ShotEngine.After<S> made = once(ShotEngine.Step.CUT, null, before -> cut());
    boolean last = engine.isLast(made.state());
    if (last && rule.reconstruct()) {
      made = once(ShotEngine.Step.RECONSTRUCT, made, engine::reconstruct);
    }
    if (!last || !recovers) {
      return rule.isWanted() ? engine.correct(made) : made.state();
    }
    if (rule.isWanted()) {
      made = once(ShotEngine.Step.CORRECT, made, engine::correct);
    }
    return engine.recover(made);
  }

  private S cut() {
    return engine.measure().choose().cut();
  }

  private ShotEngine.After<S> once(
      ShotEngine.Step step, ShotEngine.After<S> before, Function<ShotEngine.After<S>, S> work) {
    return new ShotEngine.After<>(step, engine.once(step, () -> work.apply(before)));
  }
}
