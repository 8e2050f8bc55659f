package org.llmsurgeon.model.config;

import java.util.Arrays;

/**
 * A text becomes the mean of what its tokens became, normalised. The loss is half the squared
 * distance from what another model makes of it, the model as it came; no labels are needed. Which
 * token a position is to say has no meaning: the first stands for the whole text.
 */
public record TextEmbedding() implements Objective {
  @Override
  public String label() {
    return "embedding";
  }

  @Override
  public Example example(int[] window) {
    int[] first = new int[window.length];
    Arrays.fill(first, -1);
    if (first.length > 0) {
      first[0] = 0;
    }
    return new Example(window, first);
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
