package org.llmsurgeon.pipeline;

import java.util.List;

/**
 * What goes in a shot, over all layers.
 *
 * @param target share of the weights that is to be gone
 * @param threshold largest cost, or cost per weight, among what goes
 * @param predicted what goes adds to the loss by the quadratic model; null where that was not
 *     computed
 * @param removed weights that go, those of earlier shots included
 * @param total weights of the prunable layers, biases included
 * @param layers one per prunable layer, in the model's order
 * @param scoreSeconds time of the scoring
 */
record SelectionManifest(
    double target,
    double threshold,
    Double predicted,
    long removed,
    long total,
    List<LayerSelection> layers,
    double scoreSeconds) {
  SelectionManifest {
    layers = List.copyOf(layers);
  }

  /** Its place in the run directory, relative. */
  static String path(int shot) {
    return RunDirectory.inShot(shot, "selection.json");
  }
}
