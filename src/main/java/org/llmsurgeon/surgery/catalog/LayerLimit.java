package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.InputException;

/**
 * The most that may be gone of some layers.
 *
 * @param layers which ones
 * @param share of the weights of each, in [0, 1]
 */
public record LayerLimit(LayerPattern layers, double share) {
  /**
   * Checks the share.
   *
   * @throws InputException if it is none
   */
  public LayerLimit {
    if (!(share >= 0 && share <= 1)) {
      throw new InputException(
          LayerSettings.LIMIT.spelled(layers.text() + "=" + share)
              + " is no share; give one from 0 to 1.");
    }
  }

  static LayerLimit parse(String text) {
    int equals = text.lastIndexOf('=');
    try {
      return new LayerLimit(
          new LayerPattern(text.substring(0, Math.max(0, equals))),
          Double.parseDouble(text.substring(equals + 1)));
    } catch (NumberFormatException wrong) {
      throw new InputException(
          LayerSettings.LIMIT.spelled() + " has '" + text + "'; give PATTERN=SHARE, as q_proj=0.3.",
          wrong);
    }
  }

  /** As it is given. */
  public String text() {
    return layers.text() + "=" + share;
  }
}
