package org.llmsurgeon.jobs.demo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The baseline that the demo's network has to beat: an n-gram model with interpolated modified
 * Kneser-Ney smoothing (Chen and Goodman 1999, three discounts per order from the counts of counts;
 * the lowest order is interpolated with the uniform distribution). Every token of the vocabulary
 * has a probability above 0, so perplexities compare with a network's directly.
 */
final class NgramModel {
  private static final int DISCOUNTS = 3;

  private final int order;
  private final long vocabulary;
  private final List<Level> levels = new ArrayList<>();

  /**
   * Counts a text.
   *
   * @param order tokens of the longest n-gram: 1 for a unigram model, 3 for a trigram model
   * @param vocabulary number of token ids; {@code vocabulary^order} must fit a {@code long}
   * @param tokens the training text, ids in {@code [0, vocabulary)}, at least {@code order} of them
   */
  NgramModel(int order, int vocabulary, int[] tokens) {
    if (order < 1 || vocabulary < 1 || order * Math.log(vocabulary) >= 63 * Math.log(2)) {
      throw new IllegalArgumentException(
          "no n-gram keys for order " + order + " over " + vocabulary + " tokens");
    }
    if (tokens.length < order) {
      throw new IllegalArgumentException(tokens.length + " tokens for order " + order);
    }
    this.order = order;
    this.vocabulary = vocabulary;
    Map<Long, Integer> counts = occurrences(tokens);
    for (int length = order; length >= 1; length--) {
      levels.add(0, new Level(counts, vocabulary));
      counts = continuations(counts, power(length - 1));
    }
  }

  /**
   * Mean cross-entropy of each window, in nats, over all its tokens but the first. As for a
   * network, what lies before the window is not seen.
   *
   * @param windows token ids, each window at least 2 long
   */
  double[] losses(int[][] windows) {
    double[] losses = new double[windows.length];
    for (int i = 0; i < windows.length; i++) {
      double sum = 0;
      for (int at = 1; at < windows[i].length; at++) {
        sum -= Math.log(probability(windows[i], at));
      }
      losses[i] = sum / (windows[i].length - 1);
    }
    return losses;
  }

  /**
   * Probability of a token, given those before it.
   *
   * @param tokens a text
   * @param at index of the token
   */
  double probability(int[] tokens, int at) {
    double probability = 1.0 / vocabulary;
    long key = tokens[at];
    for (int length = 1; length <= Math.min(order, at + 1); length++) {
      if (length > 1) {
        key += tokens[at - length + 1] * power(length - 1);
      }
      probability = levels.get(length - 1).interpolate(key, probability);
    }
    return probability;
  }

  /** How often each sequence of {@code order} tokens occurs, by its key. */
  private Map<Long, Integer> occurrences(int[] tokens) {
    Map<Long, Integer> counts = new HashMap<>();
    long key = 0;
    for (int at = 0; at < tokens.length; at++) {
      key = key % power(order - 1) * vocabulary + tokens[at];
      if (at >= order - 1) {
        counts.merge(key, 1, Integer::sum);
      }
    }
    return counts;
  }

  /** For each sequence without its first token: after how many different tokens it was seen. */
  private static Map<Long, Integer> continuations(Map<Long, Integer> longer, long size) {
    Map<Long, Integer> counts = new HashMap<>();
    longer.keySet().forEach(key -> counts.merge(key % size, 1, Integer::sum));
    return counts;
  }

  private long power(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= vocabulary;
    }
    return power;
  }

  /**
   * All n-grams of one length. A key is the n-gram read as a number in base {@code vocabulary}, so
   * the key of its history is the key divided by {@code vocabulary}.
   */
  private static final class Level {
    private final Map<Long, Integer> counts;
    private final Map<Long, History> histories = new HashMap<>();
    private final long vocabulary;
    private final double[] discounts;

    Level(Map<Long, Integer> counts, long vocabulary) {
      this.counts = counts;
      this.vocabulary = vocabulary;
      discounts = discounts(counts);
      counts.forEach(
          (key, count) ->
              histories.computeIfAbsent(key / vocabulary, unused -> new History()).add(count));
    }

    double interpolate(long key, double lower) {
      History history = histories.get(key / vocabulary);
      if (history == null) {
        return lower;
      }
      int count = counts.getOrDefault(key, 0);
      double own = count == 0 ? 0 : count - discounts[group(count)];
      double freed = 0;
      for (int i = 0; i < DISCOUNTS; i++) {
        freed += discounts[i] * history.followers[i];
      }
      return (own + freed * lower) / history.total;
    }

    private static int group(int count) {
      return Math.min(count, DISCOUNTS) - 1;
    }

    /**
     * {@code D_i = i - (i + 1) Y n_(i+1) / n_i} with {@code Y = n_1 / (n_1 + 2 n_2)}, where {@code
     * n_i} n-grams were counted {@code i} times. Counts of counts that a small text lacks leave
     * {@code D_i} at {@code i / 2}, which is positive and below {@code i} as it must be.
     */
    private static double[] discounts(Map<Long, Integer> counts) {
      double[] seen = new double[DISCOUNTS + 2];
      counts.values().stream().filter(count -> count < seen.length).forEach(c -> seen[c]++);
      double ratio = seen[1] / (seen[1] + 2 * seen[2]);
      double[] discounts = new double[DISCOUNTS];
      for (int i = 1; i <= DISCOUNTS; i++) {
        double discount = i - (i + 1) * ratio * seen[i + 1] / seen[i];
        discounts[i - 1] = discount > 0 && discount < i ? discount : i / 2.0;
      }
      return discounts;
    }
  }

  /** What followed one history: the sum of its counts, and how many tokens had each count. */
  private static final class History {
    private final int[] followers = new int[DISCOUNTS];
    private long total;

    void add(int count) {
      total += count;
      followers[Level.group(count)]++;
    }
  }
}
