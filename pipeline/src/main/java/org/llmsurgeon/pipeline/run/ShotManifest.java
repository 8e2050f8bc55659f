package org.llmsurgeon.pipeline.run;

import java.util.List;
import org.llmsurgeon.surgery.shot.Removal;

/**
 * The commit of a shot: what the weights of all layers are now.
 *
 * @param shot from 1
 * @param removal how much is gone
 * @param layers all prunable layers, in the model's order
 * @param seconds time of the stages before the commit
 * @param after what followed the cut
 */
public record ShotManifest(
    int shot, Removal removal, List<LayerFile> layers, StageSeconds seconds, AfterCut after) {
  /** Copies the list. */
  public ShotManifest {
    layers = List.copyOf(layers);
  }

  /**
   * The same shot with other weights of the same layers.
   *
   * @param others all layers
   */
  public ShotManifest with(List<LayerFile> others) {
    return new ShotManifest(shot, removal, others, seconds, after);
  }

  /**
   * The same weights, refitted.
   *
   * @param record what was done
   */
  public ShotManifest reconstructed(ReconstructionRecord record) {
    return after(new AfterCut(record, after.correction(), after.recovery()));
  }

  /**
   * The same weights, corrected.
   *
   * @param record what was done
   */
  public ShotManifest corrected(CorrectionRecord record) {
    return after(new AfterCut(after.reconstruction(), record, after.recovery()));
  }

  /**
   * The same weights, trained.
   *
   * @param record what was done
   */
  public ShotManifest recovered(RecoveryRecord record) {
    return after(new AfterCut(after.reconstruction(), after.correction(), record));
  }

  private ShotManifest after(AfterCut done) {
    return new ShotManifest(shot, removal, layers, seconds, done);
  }
}
