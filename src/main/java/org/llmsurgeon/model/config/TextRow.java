package org.llmsurgeon.model.config;

import java.io.Serializable;
import java.util.Arrays;

/**
 * How the tokens of a labelled text stand in a window: their ids, and behind them {@link #NOTHING}.
 * A network that tells first and second texts apart has the ids of the second, with the vocabulary
 * added to each.
 *
 * @param vocabulary distinct token ids
 * @param kinds types of tokens that the network has; 0 where it has none
 */
public record TextRow(int vocabulary, int kinds) implements Serializable {
  /** In place of a token or a label where there is none. */
  public static final int NOTHING = -1;

  private static final int HALF_BITS = 16;
  private static final int LOWER = 0xffff;

  /**
   * The upper and the lower half of a number, as they stand in a window.
   *
   * @param number any
   */
  public static int[] halves(float number) {
    int bits = Float.floatToIntBits(number);
    return new int[] {bits >>> HALF_BITS, bits & LOWER};
  }

  /**
   * The number whose halves stand in a window.
   *
   * @param window numbers
   * @param at place of the upper half
   */
  static float number(int[] window, int at) {
    return Float.intBitsToFloat(window[at] << HALF_BITS | window[at + 1] & LOWER);
  }

  /**
   * A token of a second text, as it stands in a window.
   *
   * @param id the token
   */
  public int ofSecond(int id) {
    return kinds > 1 ? id + vocabulary : id;
  }

  /**
   * How many tokens a window has.
   *
   * @param window numbers
   * @param places how many of them may be tokens
   */
  int length(int[] window, int places) {
    int length = 0;
    while (length < places && window[length] != NOTHING) {
      length++;
    }
    return length;
  }

  /**
   * What stands in a window.
   *
   * @param window numbers
   * @param length tokens
   * @param targets what each is to say
   * @param number what is right
   */
  Objective.Example example(int[] window, int length, int[] targets, double number) {
    int[] ids = Arrays.copyOf(window, length);
    int[] types = new int[length];
    boolean several = false;
    for (int i = 0; kinds > 1 && i < length; i++) {
      types[i] = Math.min(Math.max(0, ids[i]) / vocabulary, kinds - 1);
      ids[i] -= types[i] * vocabulary;
      several |= types[i] > 0;
    }
    return new Objective.Example(ids, targets, several ? types : null, number);
  }
}
