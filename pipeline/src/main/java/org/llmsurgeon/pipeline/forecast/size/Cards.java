package org.llmsurgeon.pipeline.forecast.size;

import org.llmsurgeon.InputException;

/**
 * Cards that do most of the arithmetic, one task at a time on each.
 *
 * @param each cards that a process owns; 0 where processors do everything
 * @param kind what they are; null where there are none
 */
public record Cards(int each, Kind kind) {
  /** Processors do everything. */
  public static final Cards NONE = new Cards(0, null);

  /** Checks the number. */
  public Cards {
    if (each < 0 || (each > 0) != (kind != null)) {
      throw new InputException("--cards is " + each + "; give 1 or more.");
    }
  }

  /** Whether there are any. */
  public boolean any() {
    return each > 0;
  }

  /**
   * A kind of card.
   *
   * @param name as people know it
   * @param memory bytes
   * @param passes operations per second of forward and backward passes with the sums of factors, in
   *     TF32; what is no product is in it
   * @param solves operations per second of Cholesky factors and inverses in double
   * @param basis where the rates come from, in words
   */
  public record Kind(String name, long memory, double passes, double solves, String basis) {
    /** Checks the numbers. */
    public Kind {
      if (!(memory > 0 && passes > 0 && solves > 0)) {
        throw new InputException(
            "The card " + name + " has no memory or no speed; measure it again with 'bench'.");
      }
    }
  }
}
