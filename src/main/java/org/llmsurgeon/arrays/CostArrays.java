package org.llmsurgeon.arrays;

import org.llmsurgeon.compute.cpu.operand.Nd4jArrays;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What removing each row and column of a layer would add to the loss, as arrays of doubles. Copies:
 * the costs stay as they are.
 *
 * @param rows {@code [out]}, nats
 * @param columns {@code [in]}, the bias last, nats
 */
public record CostArrays(INDArray rows, INDArray columns) {
  /**
   * Costs as arrays.
   *
   * @param costs of a layer
   */
  public static CostArrays of(StructureCosts costs) {
    return new CostArrays(Nd4jArrays.of(costs.rows()), Nd4jArrays.of(costs.columns()));
  }
}
