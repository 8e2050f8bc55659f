package org.llmsurgeon.surgery.recover;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.catalog.RecoverySettings;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.RecoveryRule;

/**
 * Which windows each step of a recovery reads, cut into parts, and which say when to stop. Fixed by
 * recipe and windows alone, so that the sums of gradients do not depend on the machines.
 *
 * @param training windows to train on: the first ones
 * @param heldOut windows after them, which are only looked at
 * @param steps the windows of each step, as parts that are computed as one each
 */
public record RecoveryPlan(int training, int heldOut, List<List<int[]>> steps) {
  /** Windows of a part. */
  private static final int PART = 2;

  /** Windows of which one is held out. */
  private static final int SHARE = 16;

  private static final int MOST_HELD_OUT = 32;

  /** Copies the list. */
  public RecoveryPlan {
    steps = List.copyOf(steps);
  }

  /** How many of some windows are held out. */
  private static int heldOut(int windows) {
    return Math.max(1, Math.min(MOST_HELD_OUT, windows / SHARE));
  }

  /**
   * Windows of new text, of which none needs to be read twice.
   *
   * @param rule how much to train on
   * @param context tokens of a window
   */
  public static Wanted wanted(RecoveryRule rule, int context) {
    int training = training(rule, context);
    int all = training + 1;
    while (all - heldOut(all) < training) {
      all++;
    }
    return new Wanted(training, all - training);
  }

  /**
   * Windows that a plan asks for.
   *
   * @param training to train on
   * @param heldOut to look at
   */
  public record Wanted(int training, int heldOut) {}

  private static int training(RecoveryRule rule, int context) {
    long windows = (rule.tokens() + context - 1) / context;
    if (windows > Integer.MAX_VALUE / 2) {
      throw new InputException(
          RecoverySettings.TOKENS.spelled(rule.tokens())
              + " is more windows than can be counted; give less.");
    }
    return (int) windows;
  }

  /**
   * The plan.
   *
   * @param recipe with the rule and the seed
   * @param windows that there are: as many as {@link #wanted}, or those that somebody gave, which
   *     are read as often as the tokens need
   * @param context tokens of a window
   * @throws InputException if there are not two windows
   */
  public static RecoveryPlan of(Recipe recipe, int windows, int context) {
    if (windows < 2) {
      throw new InputException(
          RecoverySettings.RECOVER.spelled()
              + " needs two windows at least, one to train on and one to look at, and there is "
              + windows
              + "; give more calibration text.");
    }
    RecoveryRule rule = recipe.recovery();
    int training = windows - heldOut(windows);
    int[] order = order(training, training(rule, context), recipe.calibration().seed());
    List<List<int[]>> steps = new ArrayList<>();
    for (int from = 0; from < order.length; from += rule.batch()) {
      steps.add(parts(order, from, Math.min(from + rule.batch(), order.length)));
    }
    return new RecoveryPlan(training, windows - training, steps);
  }

  /** All windows in the order in which they are read: each time in another one. */
  private static int[] order(int windows, int wanted, long seed) {
    int[] order = new int[wanted];
    Random random = new Random(seed);
    int[] all = new int[windows];
    Arrays.setAll(all, i -> i);
    for (int from = 0; from < wanted; from += windows) {
      for (int end = windows - 1; end > 0; end--) {
        int other = random.nextInt(end + 1);
        int swapped = all[end];
        all[end] = all[other];
        all[other] = swapped;
      }
      System.arraycopy(all, 0, order, from, Math.min(windows, wanted - from));
    }
    return order;
  }

  private static List<int[]> parts(int[] order, int from, int to) {
    List<int[]> parts = new ArrayList<>();
    for (int at = from; at < to; at += PART) {
      parts.add(Arrays.copyOfRange(order, at, Math.min(at + PART, to)));
    }
    return parts;
  }
}
