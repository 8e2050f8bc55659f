package org.llmsurgeon.model.layer;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Which tokens of a pass go to which experts, and what these count for them. */
final class Routing {
  private final int experts;
  private final boolean[] gone;
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
   * @param gone for each expert whether it is not there, nor its scores
   * @param perToken how many each token goes to, or to all that are there if they are fewer
   * @param normalised whether a token's weights are made to sum to 1
   * @param scores {@code [tokens, experts]}; becomes this object's own
   */
  Routing(boolean[] gone, int perToken, boolean normalised, double[] scores) {
    this.experts = gone.length;
    this.gone = gone.clone();
    this.normalised = normalised;
    this.probabilities = scores;
    int count = scores.length / experts;
    this.sums = new double[count];
    int[][] found = new int[experts][count];
    int[] length = new int[experts];
    int there = (int) IntStream.range(0, experts).filter(expert -> !gone[expert]).count();
    for (int token = 0; token < count; token++) {
      softmax(token);
      for (int chosen : highest(token, Math.min(perToken, there))) {
        sums[token] += probability(token, chosen);
        found[chosen][length[chosen]++] = token;
      }
    }
    this.tokens = new int[experts][];
    Arrays.setAll(tokens, expert -> Arrays.copyOf(found[expert], length[expert]));
  }

  private void softmax(int token) {
    int from = token * experts;
    double largest =
        IntStream.range(0, experts)
            .filter(expert -> !gone[expert])
            .mapToDouble(expert -> probabilities[from + expert])
            .max()
            .orElse(0);
    double sum = 0;
    for (int expert = 0; expert < experts; expert++) {
      int i = from + expert;
      probabilities[i] = gone[expert] ? 0 : Math.exp(probabilities[i] - largest);
      sum += probabilities[i];
    }
    for (int i = from; i < from + experts; i++) {
      probabilities[i] = sum == 0 ? 0 : probabilities[i] / sum;
    }
  }

  private int[] highest(int token, int count) {
    boolean[] taken = gone.clone();
    for (int i = 0; i < count; i++) {
      int best = -1;
      for (int expert = 0; expert < experts; expert++) {
        if (!taken[expert] && (best < 0 || probability(token, expert) > probability(token, best))) {
          best = expert;
        }
      }
      taken[best] = true;
    }
    return IntStream.range(0, experts).filter(each -> taken[each] && !gone[each]).toArray();
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
