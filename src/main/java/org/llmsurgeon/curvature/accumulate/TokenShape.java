package org.llmsurgeon.curvature.accumulate;

import org.llmsurgeon.compute.Tensor;

/**
 * What each token shows at one side of a layer: a vector of some width, and a last entry 1 where
 * the layer has a bias that this side feeds.
 *
 * @param width columns of the tensors that hold the tokens
 * @param bias whether each token counts as having a last entry 1
 */
public record TokenShape(int width, boolean bias) {
  /** Entries of a token, the 1 counted. */
  public int size() {
    return bias ? width + 1 : width;
  }

  /** Throws unless tokens have this width. */
  void check(Tensor tokens) {
    if (tokens.columns() != width) {
      throw new IllegalArgumentException(
          "[" + tokens.rows() + ", " + tokens.columns() + "] for tokens of width " + width);
    }
  }
}
