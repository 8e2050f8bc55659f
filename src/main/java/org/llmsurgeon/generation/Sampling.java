package org.llmsurgeon.generation;

import org.llmsurgeon.InputException;

/**
 * How the next token is chosen.
 *
 * @param temperature divides the logits; 0 for the likeliest token always
 * @param topP the likeliest tokens that together have this probability take part (nucleus sampling,
 *     Holtzman et al. 2020); 1 for all
 * @param seed of the draw
 */
public record Sampling(double temperature, double topP, long seed) {
  /** Always the likeliest token. */
  public static final Sampling GREEDY = new Sampling(0, 1, 0);

  /**
   * Checks the numbers.
   *
   * @throws InputException naming the option whose value makes no sense
   */
  public Sampling {
    if (!(temperature >= 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new InputException(
          "The temperature is " + temperature + "; give 0 for the likeliest token, or more.");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new InputException(
          "The share top-p is " + topP + "; give a share above 0 and up to 1.");
    }
  }
}
