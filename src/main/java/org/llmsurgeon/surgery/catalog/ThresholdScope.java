package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** Over what a threshold decides. */
public enum ThresholdScope {
  /** Over all layers. */
  GLOBAL,
  /** Over each layer, or coupled group of layers, on its own. */
  LAYER;

  /** Its name in a recipe. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * One by its name.
   *
   * @throws InputException if there is none of that name
   */
  static ThresholdScope parse(String name) {
    return Choice.parse("threshold", name, values());
  }
}
