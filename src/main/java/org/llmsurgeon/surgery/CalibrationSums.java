package org.llmsurgeon.surgery;

import java.util.Map;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LinearTap;

/** The sums of a pass while windows go through the model. */
interface CalibrationSums extends LinearTap, AutoCloseable {
  /**
   * The sums, rounded once to single precision; called once, at the end.
   *
   * @param draws backward passes over which gradients are a mean
   * @return packed, in order; owned by the caller
   */
  Map<FactorKey, Tensor> rounded(int draws);

  @Override
  void close();
}
