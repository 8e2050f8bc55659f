package org.llmsurgeon.pipeline.report;

import org.llmsurgeon.export.Footprint;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.surgery.operate.LayerReport;

/**
 * What a model need not store and compute any more after a shot.
 *
 * @param weights numbers that are gone
 * @param products multiply-adds of one token; of experts, as many as are asked for a token on
 *     average
 */
record GoneWork(long weights, long products) {
  /**
   * Of a shot.
   *
   * @param config the dense model
   * @param shot what is left of each layer
   */
  static GoneWork of(ModelConfig config, ShotManifest shot) {
    long products = 0;
    for (int i = 0; i < shot.layers().size(); i++) {
      LinearShape layer = config.linears().get(i);
      long gone = products(layer, shot.layers().get(i).cut());
      int experts = config.blocks().get(layer.block()).experts().size();
      products += layer.ofExpert() ? gone * config.experts().perToken() / experts : gone;
    }
    return new GoneWork(shot.removal().removed(), products);
  }

  /** Biases are no products; they go last, so one is taken to be there while anything else is. */
  private static long products(LinearShape layer, LayerReport cut) {
    long all = (long) layer.outputs() * layer.inputs();
    long biases =
        cut.lines().columns() > layer.inputs() ? cut.lines().rows() - cut.lines().rowsRemoved() : 0;
    return Math.max(0, all - Math.max(0, cut.weights().total() - cut.weights().removed() - biases));
  }

  /**
   * What is left.
   *
   * @param dense what the model took
   */
  PruningReport.Size from(Footprint dense) {
    double number = (double) dense.bytes() / dense.parameters();
    return new PruningReport.Size(
        dense.parameters() - weights,
        dense.bytes() - Math.round(weights * number),
        dense.multiplyAdds() - products);
  }
}
