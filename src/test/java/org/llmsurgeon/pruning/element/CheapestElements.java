package org.llmsurgeon.pruning.element;

import java.util.List;

/** The threshold over layers that are all in memory. */
public final class CheapestElements {
  private CheapestElements() {}

  /**
   * What goes.
   *
   * @param layers costs of all layers, in the model's order, which breaks ties
   * @param count how many weights may be gone, those that are already too; at most all
   */
  public static ElementThreshold.Found select(List<? extends CostMatrix> layers, long count) {
    CostRange range = CostRange.ALL;
    while (true) {
      CostRange now = range;
      ElementThreshold.Step step =
          ElementThreshold.next(
              layers.stream().map(layer -> CostHistogram.of(layer, now)).toList(), count);
      if (step instanceof ElementThreshold.Found found) {
        return found;
      }
      range = ((ElementThreshold.Narrow) step).range();
    }
  }
}
