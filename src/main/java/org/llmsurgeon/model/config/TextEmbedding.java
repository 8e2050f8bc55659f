package org.llmsurgeon.model.config;

import java.util.Arrays;

/**
 * A text becomes the mean of what its tokens became, normalised. The loss is half the squared
 * distance from what another model makes of it, the model as it came; no labels are needed. Which
 * token a position is to say has no meaning: the first stands for the whole text.
 *
 * <p>A window of a pair of texts, to measure with, is the first text's tokens, {@link
 * TextRow#NOTHING}, the second's, {@link TextRow#NOTHING} behind them, and then how alike they are,
 * as {@link TextRow#halves} has it. As an example it is its first text.
 */
public record TextEmbedding() implements Objective {
  private static final int HALVES = 2;

  @Override
  public Pair pair(int[] window) {
    int end = window.length - HALVES;
    int between = next(window, 0, end);
    if (between >= end) {
      return null;
    }
    return new Pair(
        Arrays.copyOf(window, between),
        Arrays.copyOfRange(window, between + 1, next(window, between + 1, end)),
        TextRow.number(window, end));
  }

  /** The first place from one on where no token stands, or the end. */
  private static int next(int[] window, int from, int end) {
    int at = from;
    while (at < end && window[at] != TextRow.NOTHING) {
      at++;
    }
    return at;
  }

  @Override
  public String label() {
    return "embedding";
  }

  @Override
  public Example example(int[] window) {
    Pair pair = pair(window);
    int[] ids = pair == null ? window : pair.first();
    int[] first = new int[ids.length];
    Arrays.fill(first, -1);
    if (first.length > 0) {
      first[0] = 0;
    }
    return new Example(ids, first);
  }

  @Override
  public Output output() {
    return Output.VECTOR;
  }

  @Override
  public String metric() {
    return "spearman";
  }

  /** {@code exp} of the mean distance: 1 where nothing has changed. */
  @Override
  public double score(double[] losses) {
    return NEXT_TOKEN.score(losses);
  }
}
