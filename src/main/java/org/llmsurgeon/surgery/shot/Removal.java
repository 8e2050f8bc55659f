package org.llmsurgeon.surgery.shot;

import java.util.List;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.surgery.operate.LayerReport;

/**
 * How much of a model's weights is gone after a shot.
 *
 * @param target share of the weights that was to be gone
 * @param threshold largest cost, or cost per weight, among what went in this shot
 * @param removed weights that are gone, exactly, those of earlier shots included
 * @param total weights of the prunable layers, biases included
 */
public record Removal(double target, double threshold, long removed, long total) {
  /** Share of the weights that is gone. */
  public double sparsity() {
    return (double) removed / total;
  }

  /**
   * The same after the cuts. Groups of N:M need not fill what may go: only the cuts know.
   *
   * @param structures what went
   * @param cuts of all layers
   */
  public Removal after(Structures structures, List<LayerReport> cuts) {
    long gone = cuts.stream().mapToLong(cut -> cut.weights().removed()).sum();
    return new Removal(target, threshold, structures.sparse() ? gone : removed, total);
  }
}
