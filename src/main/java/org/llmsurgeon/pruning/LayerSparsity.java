package org.llmsurgeon.pruning;

import org.llmsurgeon.InputException;

/**
 * The same sparsity in every layer, as the baselines need it that have no threshold over all
 * layers. A closed choice: a share of the weights, or a pattern.
 */
public sealed interface LayerSparsity permits LayerSparsity.Share, SparsityPattern {
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
      GlobalThreshold.checkSparsity(share);
    }
  }
}
