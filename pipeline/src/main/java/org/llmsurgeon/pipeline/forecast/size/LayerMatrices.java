package org.llmsurgeon.pipeline.forecast.size;

import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

/** Double matrices of each factor, and of the weight, that work on one layer holds; measured. */
record LayerMatrices(int factors, int weights) {
  /** Rows and columns under one product. */
  static final LayerMatrices LINES = new LayerMatrices(3, 5);

  /** A layer of a group of which the costs of units are found. */
  static final LayerMatrices GROUP = new LayerMatrices(2, 5);

  /** The same where units are costed alone, and no path is followed. */
  static final LayerMatrices ALONE = new LayerMatrices(1, 4);

  /** A layer of a group whose lines are not costed: an outline of its factors is read. */
  static final LayerMatrices STANDBY = new LayerMatrices(0, 3);

  /** Costs of single weights and N:M groups. */
  static final LayerMatrices ELEMENTS = new LayerMatrices(1, 4);

  /** Under a sum of products, or one with its eigenvalues corrected. */
  static LayerMatrices ofOther(CurvatureRule curvature) {
    return curvature.kind() == CurvatureKind.EKFAC
        ? new LayerMatrices(6, 5)
        : new LayerMatrices(5 + 4 * curvature.rank(), 5);
  }

  /** Bytes of work on one layer. */
  long of(LinearShape layer) {
    long in = layer.augmentedInputs();
    long out = layer.outputs();
    return Double.BYTES * (factors * (in * in + out * out) + weights * in * out);
  }
}
