package org.llmsurgeon.surgery.shot;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.Structures;

/** How many rows and columns cost how much; what was gone before a shot is left out. */
final class LineCounts {
  private LineCounts() {}

  /**
   * Counts those of all layers.
   *
   * @param costs of each layer
   * @param chosen what goes of each layer
   * @param structures which of both compete
   */
  static Map<String, CostCounts> of(
      List<StructureCosts> costs, List<Selection> chosen, Structures structures) {
    CostCounts.Counter rows = new CostCounts.Counter();
    CostCounts.Counter columns = new CostCounts.Counter();
    for (int i = 0; i < costs.size(); i++) {
      StructureCosts layer = costs.get(i);
      Selection goes = chosen.get(i);
      count(rows, layer.rows(), goes.rows(), layer.gone().rows());
      count(columns, layer.columns(), goes.columns(), layer.gone().columns());
    }
    Map<String, CostCounts> counts = new TreeMap<>();
    if (structures.rows()) {
      counts.put("row", rows.counts());
    }
    if (structures.columns()) {
      counts.put("column", columns.counts());
    }
    return counts;
  }

  private static void count(CostCounts.Counter counter, double[] costs, int[] goes, int[] gone) {
    for (int i = 0; i < costs.length; i++) {
      if (Arrays.binarySearch(gone, i) < 0) {
        counter.add(costs[i], Arrays.binarySearch(goes, i) >= 0, 1);
      }
    }
  }
}
