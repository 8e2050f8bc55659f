package org.llmsurgeon.pruning;

/**
 * How a path is followed.
 *
 * @param step share of the group's weights that goes in a round
 * @param reach share of the group's weights at which the path may stop; 1 follows it to the end
 * @param ceiling cost per weight above which the path may stop; infinite for no bound
 */
public record PathOptions(double step, double reach, double ceiling) {
  /** Checks the shares. */
  public PathOptions {
    if (!(step > 0 && step <= 1 && reach > 0 && ceiling > 0)) {
      throw new IllegalArgumentException(
          "step " + step + ", reach " + reach + ", ceiling " + ceiling);
    }
  }
}
