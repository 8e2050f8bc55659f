package org.llmsurgeon.model.config;

import java.util.Arrays;

/**
 * What a network is to do, and how well it does: which positions of an example are to say what, and
 * the metric of the losses. The loss of a position is the cross-entropy of what it says, in nats;
 * that of an example is the mean over the positions that count.
 */
public interface Objective {
  /** Each position says the next token: causal language models. */
  Objective NEXT_TOKEN = new NextToken();

  /**
   * What the network reads and what it is to say.
   *
   * @param ids token ids
   * @param targets the token that each position is to say, -1 where it does not count; at least one
   *     counts, unless there is but one position
   */
  record Example(int[] ids, int[] targets) {}

  /** Name in commands and reports. */
  String label();

  /**
   * The example that is made of a window of text.
   *
   * @param window token ids
   */
  Example example(int[] window);

  /**
   * The same with the special tokens of a model's tokenizer, which its {@code config.json} does not
   * tell.
   *
   * @param tokens the tokenizer's
   */
  default Objective reading(SpecialTokens tokens) {
    return this;
  }

  /** Whether the network says tokens or labels, one for each position. */
  default boolean saysTokens() {
    return true;
  }

  /** Name of the metric in reports. */
  String metric();

  /**
   * The metric.
   *
   * @param losses of all examples, in their order; at least one
   */
  double score(double[] losses);

  /** As {@link #NEXT_TOKEN}; measured by the perplexity, {@code exp} of the mean of the losses. */
  record NextToken() implements Objective {
    @Override
    public String label() {
      return "next-token";
    }

    @Override
    public Example example(int[] window) {
      int[] next = Arrays.copyOfRange(window, 1, window.length + 1);
      if (next.length > 0) {
        next[window.length - 1] = -1;
      }
      return new Example(window, next);
    }

    @Override
    public String metric() {
      return "perplexity";
    }

    @Override
    public double score(double[] losses) {
      if (losses.length == 0) {
        throw new IllegalArgumentException("the perplexity of no windows");
      }
      double sum = 0;
      for (double loss : losses) {
        sum += loss;
      }
      return Math.exp(sum / losses.length);
    }
  }
}
