package org.llmsurgeon.surgery.correct;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Which windows each step of a correction reads, and how they are cut into parts. Fixed by recipe,
 * shot and number of windows alone, so that the sums of gradients do not depend on the machines.
 *
 * @param seed of the adapters' first values
 * @param steps the windows of each, as parts that are computed as one each
 */
public record CorrectionPlan(long seed, List<List<int[]>> steps) {
  /** Windows of a part. */
  private static final int PART = 2;

  /**
   * The plan of a shot.
   *
   * @param recipe with the correction's rule and the seed
   * @param shot from 1
   * @param last whether it is the last one
   * @param windows calibration windows that there are
   */
  public static CorrectionPlan of(Recipe recipe, int shot, boolean last, int windows) {
    CorrectionRule rule = recipe.correction();
    CorrectionRule.Amount amount = rule.amount();
    long seed = recipe.calibration().seed() * 1_000_003 + shot;
    Random random = new Random(seed);
    int[] order = new int[windows];
    Arrays.setAll(order, i -> i);
    shuffle(order, random);
    int[] drawn = last ? order : Arrays.copyOf(order, (int) Math.ceil(amount.share() * windows));
    List<List<int[]>> steps = new ArrayList<>();
    int epochs = last ? amount.finalEpochs() : amount.epochs();
    for (int epoch = 0; epoch < epochs; epoch++) {
      shuffle(drawn, random);
      for (int from = 0; from < drawn.length; from += rule.batch()) {
        int to = Math.min(from + rule.batch(), drawn.length);
        steps.add(parts(Arrays.copyOfRange(drawn, from, to)));
      }
    }
    return new CorrectionPlan(seed, steps);
  }

  private static void shuffle(int[] order, Random random) {
    for (int end = order.length - 1; end > 0; end--) {
      int other = random.nextInt(end + 1);
      int swapped = order[end];
      order[end] = order[other];
      order[other] = swapped;
    }
  }

  private static List<int[]> parts(int[] batch) {
    List<int[]> parts = new ArrayList<>();
    for (int from = 0; from < batch.length; from += PART) {
      parts.add(Arrays.copyOfRange(batch, from, Math.min(from + PART, batch.length)));
    }
    return parts;
  }
}
