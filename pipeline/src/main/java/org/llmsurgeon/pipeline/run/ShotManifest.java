package org.llmsurgeon.pipeline.run;

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
 * @param reconstruction how layers were refitted after the cut; null for not at all
 * @param correction what adapters were trained after the cut; null for none
 * @param recovery how all weights were trained after the last cut; null for not at all
 */
public record ShotManifest(
    int shot,
    double target,
    double threshold,
    long removed,
    long total,
    List<LayerFile> layers,
    StageSeconds seconds,
    ReconstructionRecord reconstruction,
    CorrectionRecord correction,
    RecoveryRecord recovery) {
  public ShotManifest {
    layers = List.copyOf(layers);
  }

  /**
   * The same shot with other weights of the same layers.
   *
   * @param others all layers
   */
  public ShotManifest with(List<LayerFile> others) {
    return new ShotManifest(
        shot,
        target,
        threshold,
        removed,
        total,
        others,
        seconds,
        reconstruction,
        correction,
        recovery);
  }

  /**
   * The same weights, refitted.
   *
   * @param record what was done
   */
  public ShotManifest reconstructed(ReconstructionRecord record) {
    return new ShotManifest(
        shot, target, threshold, removed, total, layers, seconds, record, correction, recovery);
  }

  /**
   * The same weights, corrected.
   *
   * @param record what was done
   */
  public ShotManifest corrected(CorrectionRecord record) {
    return new ShotManifest(
        shot, target, threshold, removed, total, layers, seconds, reconstruction, record, recovery);
  }

  /**
   * The same weights, trained.
   *
   * @param record what was done
   */
  public ShotManifest recovered(RecoveryRecord record) {
    return new ShotManifest(
        shot,
        target,
        threshold,
        removed,
        total,
        layers,
        seconds,
        reconstruction,
        correction,
        record);
  }

  /** Share of the weights that is gone. */
  public double sparsity() {
    return (double) removed / total;
  }
}
