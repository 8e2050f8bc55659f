package org.llmsurgeon.surgery.choose;

import java.io.Serializable;

/**
 * Units of one coupled group that earlier rounds of a shot have chosen. The arrays are not copied,
 * so not to be written.
 *
 * @param group position of the group in {@link UnitPlan#groups}
 * @param units positions of its units, in the order in which they were chosen
 * @param ways for each, how it goes
 */
public record ChosenUnits(int group, int[] units, byte[] ways) implements Serializable {
  /**
   * Nothing chosen yet.
   *
   * @param group position of the group
   */
  public static ChosenUnits none(int group) {
    return new ChosenUnits(group, new int[0], new byte[0]);
  }
}
