package org.llmsurgeon.pruning.element;

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
public record ElementCurvature(double[] rows, double[] columns) {}
