package org.llmsurgeon.surgery.recipe;

import java.util.LinkedHashMap;
import java.util.Map;
import org.llmsurgeon.InputException;

/**
 * The first-order correction after each shot (method, section 7): low-rank adapters on all layers
 * that may be pruned, trained for a little while and merged under the mask of what is gone.
 *
 * @param kind what becomes smaller
 * @param rank columns of {@code B} and rows of {@code A} in {@code W + B A}
 * @param amount how long
 * @param rate learning rate of the first step; falls linearly
 * @param batch windows of one step
 * @param reconstruct whether the last shot's layers are first refitted to the dense model's
 *     outputs, see {@code Reconstruction}
 */
public record CorrectionRule(
    CorrectionKind kind, int rank, Amount amount, double rate, int batch, boolean reconstruct) {
  /** No correction, and what holds where one is asked for without more. */
  public static final CorrectionRule DEFAULT =
      new CorrectionRule(CorrectionKind.NONE, 8, new Amount(1, 0.025, 5), 5e-3, 4, false);

  /**
   * How long adapters are trained.
   *
   * @param epochs times that the share of the data is read after a shot that is not the last
   * @param share of the calibration windows that is drawn for such a shot
   * @param finalEpochs times that all windows are read after the last shot
   */
  public record Amount(int epochs, double share, int finalEpochs) {
    /**
     * Checks the numbers.
     *
     * @throws InputException naming the option that makes no sense
     */
    public Amount {
      atLeast(0, "correct-epochs", epochs);
      atLeast(0, "final-epochs", finalEpochs);
      if (!(share > 0 && share <= 1)) {
        throw new InputException(
            "--correct-share is " + share + "; give a share above 0 and up to 1, as 0.025.");
      }
    }
  }

  /**
   * Checks the numbers.
   *
   * @throws InputException naming the option that makes no sense
   */
  public CorrectionRule {
    atLeast(1, "rank", rank);
    atLeast(1, "correct-batch", batch);
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new InputException(
          "--correct-rate is " + rate + "; give a number above 0, as " + DEFAULT.rate + ".");
    }
  }

  /** Whether adapters are trained. */
  public boolean isWanted() {
    return kind != CorrectionKind.NONE;
  }

  /**
   * Whether anything is done to a shot's weights after the cut.
   *
   * @param last whether it is the last shot
   */
  public boolean appliesTo(boolean last) {
    return isWanted() || last && reconstruct;
  }

  /**
   * Reads the options.
   *
   * @throws InputException if one is of no use or has no meaning
   */
  static CorrectionRule of(RecipeOptions read) {
    CorrectionKind kind = CorrectionKind.parse(read.text("correct"));
    boolean refit = read.flag("reconstruct");
    if (kind == CorrectionKind.NONE) {
      for (String name : DEFAULT.details().keySet()) {
        if (read.given(name)) {
          throw new InputException("--" + name + " goes with --correct only.");
        }
      }
      return new CorrectionRule(
          kind, DEFAULT.rank, DEFAULT.amount, DEFAULT.rate, DEFAULT.batch, refit);
    }
    return new CorrectionRule(
        kind,
        integer(read, "rank", DEFAULT.rank),
        new Amount(
            integer(read, "correct-epochs", DEFAULT.amount.epochs),
            number(read, "correct-share", DEFAULT.amount.share),
            integer(read, "final-epochs", DEFAULT.amount.finalEpochs)),
        number(read, "correct-rate", DEFAULT.rate),
        integer(read, "correct-batch", DEFAULT.batch),
        refit);
  }

  private static int integer(RecipeOptions read, String name, int otherwise) {
    return read.given(name) ? read.integer(name) : otherwise;
  }

  private static double number(RecipeOptions read, String name, double otherwise) {
    return read.given(name) ? read.number(name) : otherwise;
  }

  private static void atLeast(int least, String name, int value) {
    if (value < least) {
      throw new InputException("--" + name + " is " + value + "; give at least " + least + ".");
    }
  }

  /**
   * Writes the options; those that do not apply are null.
   *
   * @param options where to
   */
  void put(Map<String, Object> options) {
    options.put("correct", kind.optionName());
    details().forEach((name, value) -> options.put(name, isWanted() ? value : null));
    options.put("reconstruct", reconstruct);
  }

  private Map<String, Object> details() {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("rank", rank);
    details.put("correct-epochs", amount.epochs);
    details.put("correct-share", amount.share);
    details.put("final-epochs", amount.finalEpochs);
    details.put("correct-rate", rate);
    details.put("correct-batch", batch);
    return details;
  }
}
