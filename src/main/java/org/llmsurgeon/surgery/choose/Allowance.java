package org.llmsurgeon.surgery.choose;

import java.util.List;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pruning.structure.WeightCount;

/**
 * How many weights of some layers may be gone together.
 *
 * @param name of them; empty for the whole model
 * @param layers which ones
 * @param weights the most that may be gone, in the sense of what competes
 */
public record Allowance(String name, List<LinearShape> layers, long weights) {
  /** Copies the list. */
  public Allowance {
    layers = List.copyOf(layers);
  }

  /**
   * A share of a whole model.
   *
   * @param layers all prunable layers
   * @param share of their weights
   */
  static Allowance ofAll(List<LinearShape> layers, double share) {
    long total = layers.stream().mapToLong(LinearShape::weights).sum();
    return new Allowance("", layers, WeightCount.atMost(share, total));
  }
}
