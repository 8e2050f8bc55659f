package org.llmsurgeon.pruning.path;

import java.io.Serializable;

/**
 * The order in which a coupled group gives up its units, and what each then costs (method, section
 * 6, ours). Numbers only, so that it can travel. The arrays are not copied, so not to be written.
 *
 * @param units positions in the group's units, in the order of removal
 * @param ways for each, which of its ways was cheapest
 * @param levels cost per weight, never falling along the path: what the threshold is compared with
 * @param costs what each adds to the loss by the quadratic model; those of a round add up to its
 *     exact joint cost, or to more where they are dearer alone than together
 * @param reachedEnd whether nothing is left beyond the last unit
 */
public record Path(int[] units, byte[] ways, double[] levels, double[] costs, boolean reachedEnd)
    implements Serializable {
  /** Units on the path. */
  public int length() {
    return units.length;
  }
}
