package org.llmsurgeon.pruning.structure;

import org.llmsurgeon.InputException;

/**
 * The same sparsity in every layer, as the baselines need it that have no threshold over all
 * layers. A closed choice: a share of the weights, or a pattern.
 */
public sealed interface LayerSparsity permits LayerSparsity.Share, SparsityPattern {
  /**
   * Checks a share of weights.
   *
   * @param sparsity the share
   * @throws InputException unless it is in [0, 1]
   */
  static void checkShare(double sparsity) {
    if (!(sparsity >= 0 && sparsity <= 1)) {
      throw new InputException(
          "The sparsity is "
              + sparsity
              + "; give the share of weights to remove, between 0 and 1, as 0.5.");
    }
  }

  /**
   * A share of each layer's weights, biases not counted.
   *
   * @param share in [0, 1]
   */
  record Share(double share) implements LayerSparsity {
    /**
     * Checks the share.
     *
     * @throws InputException if it is not in [0, 1]
     */
    public Share {
      LayerSparsity.checkShare(share);
    }
  }
}
