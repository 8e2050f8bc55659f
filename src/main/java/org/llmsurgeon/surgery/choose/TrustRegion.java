package org.llmsurgeon.surgery.choose;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * How far each part of a model may move in a shot (method, section 6, ours; trust regions: Conn,
 * Gould and Toint 2000). Parts that lose most of their weights are cut alone and the loss is
 * measured: where it grows by far more than the quadratic model says, the part may go half as far,
 * and the rest of the shot's share goes to others.
 */
public final class TrustRegion {
  /** How often a shot is cut and measured at most. */
  public static final int MOST_ROUNDS = 4;

  /** Calibration tokens on which losses are measured, at most. */
  public static final int TOKENS = 2048;

  private static final int MOST_PARTS = 32;

  /** A prediction holds that is wrong by less than this factor. */
  private static final double WRONG = 2;

  /**
   * And what is wrong by less than this share of the growth of all parts together does not matter.
   */
  private static final double MATTERS = 0.05;

  private TrustRegion() {}

  /**
   * Layers that are measured together.
   *
   * @param name for reports
   * @param layers positions among the model's prunable layers
   */
  public record Part(String name, List<Integer> layers) {
    /** Copies the list. */
    public Part {
      layers = List.copyOf(layers);
    }
  }

  /**
   * How far a part went in a shot.
   *
   * @param part the part
   * @param weights that went in this shot
   * @param of weights of the part
   * @param predicted growth of the loss by the quadratic model, nats per token
   */
  public record Step(Part part, long weights, long of, double predicted) {
    double share() {
      return (double) weights / of;
    }
  }

  /**
   * The parts of a model: where units go, each attention and each MLP, whose layers go together;
   * else each layer.
   *
   * @param config the model
   * @param recipe what to do
   */
  public static List<Part> parts(ModelConfig config, Recipe recipe) {
    List<LinearShape> all = config.linears();
    if (recipe.structures().coupled()) {
      return UnitPlan.of(config, recipe).groups().stream()
          .map(
              planned ->
                  new Part(
                      planned.group().name(), planned.shapes().stream().map(all::indexOf).toList()))
          .toList();
    }
    return IntStream.range(0, all.size())
        .filter(i -> recipe.layers().touches(all.get(i)))
        .mapToObj(i -> new Part(all.get(i).name(), List.of(i)))
        .toList();
  }

  /**
   * The steps that are worth measuring: those of parts that lose a larger share than the whole, the
   * largest shares first.
   *
   * @param steps of all parts
   */
  public static List<Step> furthest(List<Step> steps) {
    long weights = steps.stream().mapToLong(Step::weights).sum();
    long all = steps.stream().mapToLong(Step::of).sum();
    List<Step> far = new ArrayList<>();
    for (Step step : steps) {
      if (step.weights() > 0 && step.share() * all >= weights) {
        far.add(step);
      }
    }
    far.sort(Comparator.comparingDouble(Step::share).reversed());
    return List.copyOf(far.subList(0, Math.min(MOST_PARTS, far.size())));
  }

  /**
   * How many parts are worth measuring, as far as it is known before: half of them lose more than
   * the whole.
   *
   * @param parts that there are
   */
  public static int expected(int parts) {
    return Math.min(MOST_PARTS, (parts + 1) / 2);
  }

  /**
   * Whether a prediction holds.
   *
   * @param predicted growth of the loss by a part
   * @param measured the same with only this part cut
   * @param all measured growth with all parts cut
   */
  public static boolean holds(double predicted, double measured, double all) {
    return measured <= WRONG * predicted || measured - predicted <= MATTERS * all;
  }

  /**
   * What may be gone at most of a layer whose step was too long: half of the step.
   *
   * @param before weights that were gone before the shot
   * @param after weights that were gone after the step
   * @param weights of the layer
   * @return a share of its weights
   */
  public static double halved(long before, long after, long weights) {
    return (before + (after - before) / 2) / (double) weights;
  }
}
