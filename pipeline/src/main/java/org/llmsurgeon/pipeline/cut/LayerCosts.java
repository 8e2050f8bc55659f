package org.llmsurgeon.pipeline.cut;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.operate.LayerScore;

/**
 * Costs of a layer's rows and columns in a form that travels: two numbers of double precision per
 * row and column of the model are all that the driver gets.
 *
 * @param layer module name
 * @param rows cost of each row
 * @param columns cost of each column, the bias last
 * @param goneRows rows whose weights are all 0 already
 * @param goneColumns columns whose weights are all 0 already
 * @param factors how well {@code G} and {@code A} could be inverted
 */
record LayerCosts(
    String layer,
    double[] rows,
    double[] columns,
    int[] goneRows,
    int[] goneColumns,
    List<FactorHealth> factors)
    implements Serializable {
  static LayerCosts of(LayerScore score) {
    StructureCosts costs = score.costs();
    return new LayerCosts(
        costs.layer(),
        costs.rows(),
        costs.columns(),
        costs.gone().rows(),
        costs.gone().columns(),
        score.factors());
  }

  StructureCosts costs() {
    return new StructureCosts(layer, rows, columns, new Selection(goneRows, goneColumns));
  }
}
