package org.llmsurgeon.pruning.path;

import java.io.Serializable;
import org.llmsurgeon.pruning.layer.CostKind;

/**
 * How a path is followed.
 *
 * @param step share of the group's weights that goes in a round
 * @param reach share of the group's weights at which the path may stop; 1 follows it to the end
 * @param ceiling cost per weight above which the path may stop; infinite for no bound
 * @param costs whether what stays makes up for what goes
 * @param heads query heads that each key/value group of an attention is brought to before the first
 *     group goes, and then keeps; 0 for heads and groups in the order of their costs
 */
public record PathOptions(double step, double reach, double ceiling, CostKind costs, int heads)
    implements Serializable {
  /** With what stays making up for what goes. */
  public PathOptions(double step, double reach, double ceiling) {
    this(step, reach, ceiling, CostKind.OBS, 0);
  }

  /**
   * The same with other costs.
   *
   * @param others whether what stays makes up for what goes
   */
  public PathOptions with(CostKind others) {
    return new PathOptions(step, reach, ceiling, others, heads);
  }

  /**
   * The same with other numbers of heads.
   *
   * @param each that each key/value group is brought to first
   */
  public PathOptions keeping(int each) {
    return new PathOptions(step, reach, ceiling, costs, each);
  }

  /** Checks the shares. */
  public PathOptions {
    if (!(step > 0 && step <= 1 && reach > 0 && ceiling > 0 && heads >= 0)) {
      throw new IllegalArgumentException(
          "step " + step + ", reach " + reach + ", ceiling " + ceiling);
    }
  }
}
