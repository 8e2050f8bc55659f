package org.llmsurgeon.pruning;

import org.llmsurgeon.InputException;

/** Which share of the weights is to be gone after each shot (algorithm section 3). */
public sealed interface SparsitySchedule permits SparsitySchedule.Linear {
  /**
   * The target after a shot, in [0, 1]; that of the last shot is the whole.
   *
   * @param shot which one, from 1 to {@code shots}
   * @param shots how many there will be
   */
  double target(int shot, int shots);

  /**
   * The same step in each shot: {@code sparsity * shot / shots}.
   *
   * @param sparsity share of the weights that is gone at the end, in [0, 1]
   */
  record Linear(double sparsity) implements SparsitySchedule {
    /**
     * Checks the sparsity.
     *
     * @throws InputException if it is not in [0, 1]
     */
    public Linear {
      GlobalThreshold.checkSparsity(sparsity);
    }

    @Override
    public double target(int shot, int shots) {
      if (shot < 1 || shot > shots) {
        throw new IllegalArgumentException("shot " + shot + " of " + shots);
      }
      return sparsity * shot / shots;
    }
  }
}
