package org.llmsurgeon.pipeline;

import java.util.List;

/**
 * The commit of a shot: what the weights of all layers are now.
 *
 * @param shot from 1
 * @param target share of the weights that was to be gone
 * @param threshold largest cost, or cost per weight, among what went in this shot
 * @param removed weights that are gone, exactly
 * @param total weights of the prunable layers, biases included
 * @param layers all prunable layers, in the model's order
 * @param seconds time of the stages before the commit
 * @param correction what was trained after the cut; null for nothing
 */
record ShotManifest(
    int shot,
    double target,
    double threshold,
    long removed,
    long total,
    List<LayerFile> layers,
    StageSeconds seconds,
    CorrectionRecord correction) {
  ShotManifest {
    layers = List.copyOf(layers);
  }

  /**
   * The same shot with corrected weights.
   *
   * @param corrected all layers
   * @param record what was done
   */
  ShotManifest corrected(List<LayerFile> corrected, CorrectionRecord record) {
    return new ShotManifest(shot, target, threshold, removed, total, corrected, seconds, record);
  }

  /** Share of the weights that is gone. */
  double sparsity() {
    return (double) removed / total;
  }
}
