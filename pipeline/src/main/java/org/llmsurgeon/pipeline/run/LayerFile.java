package org.llmsurgeon.pipeline.run;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.operate.UpdateSteps;

/**
 * New weights of one layer in the run directory.
 *
 * @param layer module name
 * @param path safetensors file with {@code <layer>.weight} and {@code <layer>.bias} in F32,
 *     relative to the run directory
 * @param length its bytes
 * @param crc32c CRC-32C of all its bytes
 * @param cut what was removed
 */
public record LayerFile(String layer, String path, long length, long crc32c, Cut cut)
    implements Serializable {
  /**
   * A layer's report in a form that travels.
   *
   * @param rows rows of the weight
   * @param rowsRemoved rows that are gone
   * @param columns columns of the weight, the bias counted
   * @param columnsRemoved columns that are gone
   * @param removed weights that are gone
   * @param before weights that were gone before this shot, in the same sense
   * @param zeros weights that were 0 before this shot, wherever they lie
   * @param weights weights, the bias counted
   * @param dampingG added to the diagonal of {@code G}
   * @param dampingA added to the diagonal of {@code A}
   * @param quadraticCost what the quadratic model says the change adds
   * @param factors how well the factors could be inverted, where single weights went
   * @param update how their joint update went; null for other updates
   */
  public record Cut(
      int rows,
      int rowsRemoved,
      int columns,
      int columnsRemoved,
      long removed,
      long before,
      long zeros,
      long weights,
      double dampingG,
      double dampingA,
      double quadraticCost,
      List<FactorHealth> factors,
      UpdateSteps update)
      implements Serializable {
    public static Cut of(LayerReport report) {
      return new Cut(
          report.lines().rows(),
          report.lines().rowsRemoved(),
          report.lines().columns(),
          report.lines().columnsRemoved(),
          report.weights().removed(),
          report.weights().before(),
          report.weights().zeros(),
          report.weights().total(),
          report.damping().g(),
          report.damping().a(),
          report.quadraticCost(),
          report.factors(),
          report.update());
    }
  }
}
