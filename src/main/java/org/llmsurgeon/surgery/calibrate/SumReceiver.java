package org.llmsurgeon.surgery.calibrate;

import org.llmsurgeon.compute.Tensor;

/** Takes the sums of a shard as they are finished: those of a block after those of another. */
@FunctionalInterface
public interface SumReceiver {
  /**
   * Takes a sum.
   *
   * @param key which one
   * @param packed a row of single-precision numbers, its packed lower triangle where it is
   *     symmetric; the receiver's to close
   */
  void take(FactorKey key, Tensor packed);
}
