package org.llmsurgeon.pruning.path;

import org.llmsurgeon.pruning.layer.CostKind;

/**
 * How a path is followed.
 *
 * @param step share of the group's weights that goes in a round
 * @param reach share of the group's weights at which the path may stop; 1 follows it to the end
 * @param ceiling cost per weight above which the path may stop; infinite for no bound
 * @param costs whether what stays makes up for what goes
 */
public record PathOptions(double step, double reach, double ceiling, CostKind costs) {
  /** With what stays making up for what goes. */
  public PathOptions(double step, double reach, double ceiling) {
    this(step, reach, ceiling, CostKind.OBS);
  }

  /**
   * The same with other costs.
   *
   * @param others whether what stays makes up for what goes
   */
  public PathOptions with(CostKind others) {
    return new PathOptions(step, reach, ceiling, others);
  }

  /** Checks the shares. */
  public PathOptions {
    if (!(step > 0 && step <= 1 && reach > 0 && ceiling > 0)) {
      throw new IllegalArgumentException(
          "step " + step + ", reach " + reach + ", ceiling " + ceiling);
    }
  }
}
