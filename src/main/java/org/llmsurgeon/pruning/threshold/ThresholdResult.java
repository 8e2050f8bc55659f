package org.llmsurgeon.pruning.threshold;

import java.util.List;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * Where the threshold lies and what is below it.
 *
 * @param selections what goes of each layer, in the order the layers were given
 * @param threshold the largest cost among what goes; 0 where nothing goes
 * @param removed weights that go, exactly; those in a row and a column that both go count once
 * @param total weights of all layers
 */
public record ThresholdResult(
    List<Selection> selections, double threshold, long removed, long total) {
  /** Copies the list. */
  public ThresholdResult {
    selections = List.copyOf(selections);
  }
}
