package org.llmsurgeon.pipeline.report;

import org.llmsurgeon.export.Footprint;
import org.llmsurgeon.model.config.LinearRole;
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
    long[] ofExperts = new long[config.blockCount()];
    int[] experts = config.blocks().stream().mapToInt(each -> each.experts().size()).toArray();
    long[] expertWork = new long[config.blockCount()];
    for (int i = 0; i < shot.layers().size(); i++) {
      LinearShape layer = config.linears().get(i);
      LayerReport cut = shot.layers().get(i).cut();
      long gone = products(layer, cut);
      if (layer.ofExpert()) {
        expertWork[layer.block()] += (long) layer.outputs() * layer.inputs();
        ofExperts[layer.block()] += gone;
        experts[layer.block()] -= isGone(config, layer, cut) ? 1 : 0;
      } else {
        products += gone;
      }
    }
    for (int block = 0; block < experts.length; block++) {
      products += ofExperts(config, block, expertWork[block], ofExperts[block], experts[block]);
    }
    return new GoneWork(shot.removal().removed(), products);
  }

  /** Whether no token is sent to a layer's expert any more; told of its last layer only. */
  private static boolean isGone(ModelConfig config, LinearShape layer, LayerReport cut) {
    return config.experts().emptyGone()
        && layer.role() == LinearRole.DOWN
        && cut.weights().removed() == cut.weights().total();
  }

  /** A token goes through as many experts as before, each of the mean size of those that stay. */
  private static long ofExperts(ModelConfig config, int block, long all, long gone, int left) {
    if (left == 0) {
      return 0;
    }
    int experts = config.blocks().get(block).experts().size();
    int perToken = config.experts().perToken();
    return perToken * all / experts - perToken * (all - gone) / left;
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
  ShotReport.Size from(Footprint dense) {
    double number = (double) dense.bytes() / dense.parameters();
    return new ShotReport.Size(
        dense.parameters() - weights,
        dense.bytes() - Math.round(weights * number),
        dense.multiplyAdds() - products);
  }
}
