package org.llmsurgeon.surgery.operate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.accumulate.InputStatistics;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;

/**
 * What removed inputs gave on average goes into the bias, {@code b += W_gone mean(x_gone)}: how
 * FLAP makes up for what goes (An et al., AAAI 2024, arXiv 2312.11983). It is the exact update of
 * the output's error where inputs are taken as independent of each other.
 */
public final class MeanCompensation {
  private MeanCompensation() {}

  /**
   * Adds to the bias of a layer that was cut.
   *
   * @param device where to compute
   * @param layer an output projection or the last layer of an MLP, with a bias
   * @param dense the weights before the cut
   * @param statistics means of its inputs
   * @param columns inputs that are gone; the bias is not among them
   * @param cut changed: the layer after the cut
   */
  public static void add(
      Device device,
      LinearShape layer,
      WeightSource dense,
      FactorSource statistics,
      int[] columns,
      LayerWeight cut) {
    double[] bias = device.values(cut.bias());
    double[] means = new double[layer.inputs()];
    try (Tensor seen = statistics.load(FactorPlan.statistics(layer), device);
        Tensor weight = dense.load(layer.weightName(), device)) {
      device.download(seen, (long) InputStatistics.MEAN * means.length, means, 0, means.length);
      Rows.each(
          device,
          weight,
          (r, row) -> {
            for (int column : columns) {
              bias[r] += row[column] * means[column];
            }
          });
    }
    device.upload(bias, 0, cut.bias(), 0, bias.length);
  }
}
