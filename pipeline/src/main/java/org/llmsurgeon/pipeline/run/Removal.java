package org.llmsurgeon.pipeline.run;

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
}
