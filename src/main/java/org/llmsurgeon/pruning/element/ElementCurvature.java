package org.llmsurgeon.pruning.element;

import java.util.Arrays;
import org.llmsurgeon.pruning.layer.CostKind;

/**
 * Curvature along single weights where it is a product: {@code rows[r] columns[c]} along weight
 * {@code (r, c)}, with {@code 1 / Gi_rr} and {@code 1 / Ai_cc} for {@link CostKind#OBS} and {@code
 * G_rr} and {@code A_cc} for {@link CostKind#OBD} (method, section 2); 0 for dead rows and columns.
 * So few numbers are all that costs of single weights need besides the weight. The arrays are not
 * copied, so not to be written.
 *
 * @param rows one for each output
 * @param columns one for each input, the bias counted
 */
public record ElementCurvature(double[] rows, double[] columns) {
  /**
   * 1 along every weight, so that a weight costs half its square: magnitude pruning.
   *
   * @param outputs rows of the weight
   * @param inputs columns of the weight, the bias counted
   */
  public static ElementCurvature flat(int outputs, int inputs) {
    double[] rows = new double[outputs];
    double[] columns = new double[inputs];
    Arrays.fill(rows, 1);
    Arrays.fill(columns, 1);
    return new ElementCurvature(rows, columns);
  }
}
