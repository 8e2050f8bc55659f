package org.llmsurgeon.generation;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;

/** Chooses next tokens. */
final class TokenChoice {
  private final Sampling sampling;
  private final Random random;

  TokenChoice(Sampling sampling) {
    this.sampling = sampling;
    this.random = new Random(sampling.seed());
  }

  /**
   * The next token.
   *
   * @param logits of all tokens
   */
  int of(double[] logits) {
    return sampling.temperature() == 0 ? likeliest(logits) : drawn(logits);
  }

  private static int likeliest(double[] logits) {
    int best = 0;
    for (int token = 1; token < logits.length; token++) {
      if (logits[token] > logits[best]) {
        best = token;
      }
    }
    return best;
  }

  private int drawn(double[] logits) {
    double most = Arrays.stream(logits).max().orElseThrow();
    double[] shares =
        Arrays.stream(logits).map(z -> Math.exp((z - most) / sampling.temperature())).toArray();
    double all = Arrays.stream(shares).sum();
    Integer[] order = new Integer[shares.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -shares[i]));
    double kept = 0;
    int count = 0;
    while (count < order.length && (count == 0 || kept < sampling.topP() * all)) {
      kept += shares[order[count++]];
    }
    double at = random.nextDouble() * kept;
    for (int i = 0; i < count; i++) {
      at -= shares[order[i]];
      if (at < 0) {
        return order[i];
      }
    }
    return order[count - 1];
  }
}
