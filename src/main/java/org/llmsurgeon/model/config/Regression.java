package org.llmsurgeon.model.config;

import java.util.Arrays;

/**
 * Texts have a number, which the network gives at the first token. The loss is half the squared
 * error, the negative log-likelihood of a normal distribution with variance 1 but for a constant;
 * that of transformers is twice as large. A window is a row of token ids, {@link TextRow#NOTHING}
 * behind them, and then the upper and the lower half of the 32 bits of the number as a float.
 *
 * @param row how the text stands in a window
 */
public record Regression(TextRow row) implements Objective {
  private static final int HALVES = 2;

  @Override
  public String label() {
    return ObjectiveKind.REGRESSION.optionName();
  }

  @Override
  public Example example(int[] window) {
    int places = places(window.length);
    int length = row.length(window, places);
    int[] targets = new int[length];
    Arrays.fill(targets, TextRow.NOTHING);
    if (length > 0) {
      targets[0] = 0;
    }
    return row.example(window, length, targets, TextRow.number(window, places));
  }

  @Override
  public Output output() {
    return Output.NUMBER;
  }

  @Override
  public int places(int width) {
    return width - HALVES;
  }

  @Override
  public int width(int tokens) {
    return tokens + HALVES;
  }

  @Override
  public String metric() {
    return "spearman";
  }

  /** {@code exp} of the mean of half the squared errors: 1 where all is right. */
  @Override
  public double score(double[] losses) {
    return NEXT_TOKEN.score(losses);
  }
}
