package org.llmsurgeon.surgery.calibrate;

import java.util.List;
import org.llmsurgeon.model.pass.LinearTap;

/** The sums of a pass while windows go through the model. */
interface CalibrationSums extends LinearTap, AutoCloseable {
  /**
   * Rounds sums to single precision, once, and hands them over. Each is given back before the next
   * is rounded.
   *
   * @param keys which sums, in order
   * @param draws backward passes over which gradients are a mean
   * @param receiver takes them
   */
  void finish(List<FactorKey> keys, int draws, SumReceiver receiver);

  @Override
  void close();
}
