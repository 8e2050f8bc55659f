package org.llmsurgeon.model.layer;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Which tokens of a pass go to which experts, and what these count for them. */
final class Routing {
  private final int experts;
  private final boolean normalised;

  /** {@code [tokens, experts]}: softmax of the scores. */
  private final double[] probabilities;

  /** Sum of the probabilities of each token's experts. */
  private final double[] sums;

  /** Tokens of each expert, ascending. */
  private final int[][] tokens;

  /**
   * Chooses, for each token, the experts of the highest scores; of equal ones the first.
   *
   * @param experts how many there are
   * @param perToken how many each token goes to
   * @param normalised whether a token's weights are made to sum to 1
   * @param scores {@code [tokens, experts]}; becomes this object's own
   */
  Routing(int experts, int perToken, boolean normalised, double[] scores) {
    this.experts = experts;
    this.normalised = normalised;
    this.probabilities = scores;
    int count = scores.length / experts;
    this.sums = new double[count];
    int[][] found = new int[experts][count];
    int[] length = new int[experts];
    for (int token = 0; token < count; token++) {
      softmax(token);
      for (int chosen : highest(token, perToken)) {
        sums[token] += probability(token, chosen);
        found[chosen][length[chosen]++] = token;
      }
    }
    this.tokens = new int[experts][];
    Arrays.setAll(tokens, expert -> Arrays.copyOf(found[expert], length[expert]));
  }

  private void softmax(int token) {
    int from = token * experts;
    double largest = Arrays.stream(probabilities, from, from + experts).max().orElseThrow();
    double sum = 0;
    for (int i = from; i < from + experts; i++) {
      probabilities[i] = Math.exp(probabilities[i] - largest);
      sum += probabilities[i];
    }
    for (int i = from; i < from + experts; i++) {
      probabilities[i] /= sum;
    }
  }

  private int[] highest(int token, int count) {
    boolean[] taken = new boolean[experts];
    for (int i = 0; i < count; i++) {
      int best = -1;
      for (int expert = 0; expert < experts; expert++) {
        if (!taken[expert] && (best < 0 || probability(token, expert) > probability(token, best))) {
          best = expert;
        }
      }
      taken[best] = true;
    }
    return IntStream.range(0, experts).filter(expert -> taken[expert]).toArray();
  }

  private double probability(int token, int expert) {
    return probabilities[token * experts + expert];
  }

  /** Tokens that go to an expert, ascending. */
  int[] tokens(int expert) {
    return tokens[expert];
  }

  /** What an expert counts for each of its tokens. */
  double[] weights(int expert) {
    return Arrays.stream(tokens[expert]).mapToDouble(token -> weight(token, expert)).toArray();
  }

  private double weight(int token, int expert) {
    double own = probability(token, expert);
    return normalised ? own / sums[token] : own;
  }

  /**
   * From gradients of weights to those of scores.
   *
   * @param dWeights for each expert one for each of its tokens
   * @return {@code [tokens, experts]}
   */
  double[] scoreGradients(double[][] dWeights) {
    double[] gradients = new double[probabilities.length];
    double[] mean = new double[sums.length];
    forEach((expert, token, i) -> mean[token] += dWeights[expert][i] * weight(token, expert));
    // Of probabilities: those that were divided by their sum feel each other.
    forEach(
        (expert, token, i) ->
            gradients[token * experts + expert] =
                normalised
                    ? (dWeights[expert][i] - mean[token]) / sums[token]
                    : dWeights[expert][i]);
    for (int token = 0; token < sums.length; token++) {
      int from = token * experts;
      double inner = 0;
      for (int i = from; i < from + experts; i++) {
        inner += gradients[i] * probabilities[i];
      }
      for (int i = from; i < from + experts; i++) {
        gradients[i] = probabilities[i] * (gradients[i] - inner);
      }
    }
    return gradients;
  }

  private interface Visit {
    void accept(int expert, int token, int place);
  }

  private void forEach(Visit visit) {
    for (int expert = 0; expert < experts; expert++) {
      for (int i = 0; i < tokens[expert].length; i++) {
        visit.accept(expert, tokens[expert][i], i);
      }
    }
  }
}
