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
   * @param types of the tokens, where a network tells first and second texts apart; null where all
   *     are of the first
   * @param number what is right where the network is to give a number
   * @param pixels of an image, as {@link ImageClassification} has them in a window, which has one
   *     number more; null for a text. The ids say then how many tokens there are, no more
   */
  record Example(int[] ids, int[] targets, int[] types, double number, int[] pixels) {
    /** A text. */
    public Example(int[] ids, int[] targets, int[] types, double number) {
      this(ids, targets, types, number, null);
    }

    /** Tokens that are all of the first type, and no number. */
    public Example(int[] ids, int[] targets) {
      this(ids, targets, null, 0);
    }
  }

  /**
   * Two texts and how alike they are.
   *
   * @param first tokens of the first
   * @param second tokens of the second
   * @param alike more is more, on any scale
   */
  record Pair(int[] first, int[] second, float alike) {}

  /** What a network gives. */
  enum Output {
    /** Scores of tokens or labels, at each position. */
    TOKENS,
    /** One number for a text. */
    NUMBER,
    /** One vector for a text, which is right where it is another model's. */
    VECTOR
  }

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

  /**
   * The same where other tokens are hidden.
   *
   * @param seed decides which
   * @return null where none are
   */
  default Objective seeded(long seed) {
    return null;
  }

  /** What the network gives. */
  default Output output() {
    return Output.TOKENS;
  }

  /** Whether examples say what is right, so that a network alone has a loss. */
  default boolean hasAnswers() {
    return output() != Output.VECTOR;
  }

  /** How many labels it tells apart, which are counted; 0 where it says no labels. */
  default int labels() {
    return 0;
  }

  /** How a text stands in a window that tells what is right; null where texts alone do. */
  default TextRow row() {
    return null;
  }

  /** Whether texts are lists of words that have labels of their own. */
  default boolean labelsWords() {
    return false;
  }

  /** How an image becomes tokens; null where texts are read. */
  default ImageShape image() {
    return null;
  }

  /**
   * The pair of texts in a window, where two are compared.
   *
   * @param window numbers
   * @return null where it is one example
   */
  default Pair pair(int[] window) {
    return null;
  }

  /**
   * Throws where windows cannot be of this width, whatever the model's positions.
   *
   * @param width numbers of a window
   * @param where what holds them, for the message
   * @throws org.llmsurgeon.InputException saying what there should be
   */
  default void requireWidth(int width, String where) {}

  /**
   * How many tokens fit into a window, which may hold a label as well.
   *
   * @param width numbers of the window
   */
  default int places(int width) {
    return width;
  }

  /**
   * Numbers of a window of which so many are tokens: the other way round than {@link #places}.
   *
   * @param tokens of the window
   */
  default int width(int tokens) {
    return tokens;
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
