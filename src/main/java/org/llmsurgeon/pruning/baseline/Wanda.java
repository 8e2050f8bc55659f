package org.llmsurgeon.pruning.baseline;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;

/**
 * Wanda (Sun et al., ICLR 2024), a baseline: weights compete within their row by {@code |W_rc|
 * sqrt(A_cc)}, every row loses equally many, nothing is updated, biases stay.
 */
public final class Wanda {
  private Wanda() {}

  /**
   * The weight without those that score least in their row, or in their group of a row.
   *
   * @param device where the tensors live
   * @param layer the layer
   * @param a mean of {@code a a^T} over its inputs {@code [in, in]}, or with the bias entry last
   * @param sparsity how many go: of a share the floor in each row
   * @return a new tensor of the weight's shape in double, owned by the caller
   * @throws org.llmsurgeon.InputException if a pattern does not fit the layer
   * @throws NonFiniteException if a score is not finite
   */
  public static Tensor prune(Device device, PrunableLayer layer, Tensor a, LayerSparsity sparsity) {
    InputFactor.check(layer, a);
    int inputs = layer.inputs();
    int group = inputs;
    int going;
    if (sparsity instanceof SparsityPattern pattern) {
      pattern.checkFits(layer.name(), inputs);
      group = pattern.size();
      going = pattern.removed();
    } else {
      going = (int) (((LayerSparsity.Share) sparsity).share() * inputs);
    }
    double[] norms = Arrays.stream(device.diagonal(a)).map(Math::sqrt).toArray();
    Tensor weight = layer.weight();
    ElementMask mask = new ElementMask(weight.rows(), weight.columns());
    Rows rows = Rows.of(device, weight);
    double[] row = new double[weight.columns()];
    for (int r = 0; r < weight.rows(); r++) {
      rows.read(r, row);
      for (int c = 0; c < inputs; c++) {
        row[c] = score(layer, r, c, Math.abs(row[c]) * norms[c]);
      }
      for (int first = 0; first < inputs; first += group) {
        for (int lowest : Lowest.of(row, first, group, going)) {
          mask.remove(r, lowest);
        }
      }
    }
    Tensor pruned = device.empty(Precision.DOUBLE, weight.rows(), weight.columns());
    device.copy(weight, pruned);
    mask.clear(device, pruned);
    return pruned;
  }

  private static double score(PrunableLayer layer, int row, int column, double score) {
    if (!Double.isFinite(score)) {
      throw new NonFiniteException(layer.name(), "score of weight [" + row + ", " + column + "]");
    }
    return score;
  }
}
