package org.llmsurgeon.pipeline;

import java.io.Serializable;
import org.llmsurgeon.pruning.StructureCosts;

/**
 * Costs of a layer's rows and columns in a form that travels: two numbers of double precision per
 * row and column of the model are all that the driver gets.
 *
 * @param layer module name
 * @param rows cost of each row
 * @param columns cost of each column, the bias last
 */
record LayerCosts(String layer, double[] rows, double[] columns) implements Serializable {
  static LayerCosts of(StructureCosts costs) {
    return new LayerCosts(costs.layer(), costs.rows(), costs.columns());
  }

  StructureCosts costs() {
    return new StructureCosts(layer, rows, columns);
  }
}
