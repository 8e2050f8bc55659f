package org.llmsurgeon.curvature;

import java.io.Serializable;
import org.llmsurgeon.InputException;

/**
 * Relative damping: {@code G + g mean(diag G) I} and {@code A + a mean(diag A) I}.
 *
 * @param g share of {@code G}'s mean diagonal; finite, at least 0
 * @param a share of {@code A}'s mean diagonal; finite, at least 0
 */
public record Damping(double g, double a) implements Serializable {
  /** 0.01 of each, the default for whole rows and columns. */
  public static final Damping DEFAULT = new Damping(0.01, 0.01);

  /**
   * Checks both.
   *
   * @throws InputException if one is negative or not finite
   */
  public Damping {
    check("G", g);
    check("A", a);
  }

  private static void check(String factor, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new InputException(
          "The damping of " + factor + " is " + value + "; give a number of at least 0, as 0.01.");
    }
  }
}
