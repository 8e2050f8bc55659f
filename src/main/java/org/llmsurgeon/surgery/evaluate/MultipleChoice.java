package org.llmsurgeon.surgery.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.text.ChoiceQuestion;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;

/**
 * A question with several answers, in tokens. The model answers with the choice that it finds most
 * likely after the context: the sum of the log-probabilities of the choice's tokens, each given all
 * before it; length-normalised, that sum divided by the characters of the choice. These are the
 * {@code acc} and {@code acc_norm} of EleutherAI's lm-evaluation-harness, but for the tokens that a
 * tokenizer puts before every text, which are there (the harness leaves them out by default).
 *
 * @param tokens for each choice, the context with the choice behind it, {@code [tokens]}
 * @param scored for each, how many tokens at its end are the choice's
 * @param characters for each, by how many characters (code points) its sum is divided
 * @param answer position of the right choice
 */
public record MultipleChoice(int[][] tokens, int[] scored, int[] characters, int answer)
    implements Serializable {
  /**
   * Whether a question was answered rightly.
   *
   * @param plain by the sums
   * @param normalised by the sums per character
   */
  public record Answered(boolean plain, boolean normalised) implements Serializable {}

  /** Makes tokens of questions with a model's tokenizer. */
  public static final class Encoder {
    private final Function<String, int[]> plain;
    private final Function<String, int[]> special;
    private final int positions;

    /**
     * @param tokenizer the model's
     * @param positions the model's longest context; of longer questions the beginning is cut off
     */
    public Encoder(TextTokenizer tokenizer, int positions) {
      this(text -> tokenizer.encode(text, false), text -> tokenizer.encode(text, true), positions);
    }

    Encoder(Function<String, int[]> plain, Function<String, int[]> special, int positions) {
      this.plain = plain;
      this.special = special;
      this.positions = positions;
    }

    /**
     * Encodes a question. Context and choice are encoded together, with a space between them unless
     * one of them brings white space; what is longer than the context alone belongs to the choice.
     *
     * @throws InputException if a choice has no token of its own, or is too long for the model
     */
    public MultipleChoice encode(ChoiceQuestion question) {
      List<int[]> tokens = new ArrayList<>();
      int[] scored = new int[question.choices().size()];
      for (int i = 0; i < scored.length; i++) {
        String context = question.contexts().get(i).stripTrailing();
        int[] before = plain.apply(context);
        int[] beginning = beginning(context, before);
        int[] all = concatenated(beginning, plain.apply(context + between(question, i)));
        scored[i] = all.length - beginning.length - before.length;
        check(question, i, scored[i]);
        if (all.length == scored[i]) {
          throw new InputException(question.where() + " has a context without a token; give more");
        }
        tokens.add(Arrays.copyOfRange(all, Math.max(0, all.length - positions), all.length));
      }
      int[] characters = question.lengths().stream().mapToInt(Integer::intValue).toArray();
      return new MultipleChoice(
          tokens.toArray(int[][]::new), scored, characters, question.answer());
    }

    private void check(ChoiceQuestion question, int choice, int scored) {
      if (scored < 1 || scored >= positions) {
        throw new InputException(
            question.where()
                + " has a choice '"
                + question.choices().get(choice)
                + "' of "
                + Math.max(0, scored)
                + " tokens; the model takes from 1 to "
                + (positions - 1));
      }
    }

    private static String between(ChoiceQuestion question, int index) {
      String context = question.contexts().get(index);
      String choice = question.choices().get(index);
      String space = context.substring(context.stripTrailing().length());
      boolean own = !space.isEmpty() || Character.isWhitespace(choice.codePointAt(0));
      return (own || context.isEmpty() ? space : " ") + choice;
    }

    /** Tokens that the tokenizer puts before every text. */
    private int[] beginning(String context, int[] before) {
      int[] all = special.apply(context);
      for (int from = 0; from + before.length <= all.length; from++) {
        if (Arrays.equals(Arrays.copyOfRange(all, from, from + before.length), before)) {
          return Arrays.copyOf(all, from);
        }
      }
      return new int[0];
    }

    private static int[] concatenated(int[] first, int[] second) {
      int[] both = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, both, first.length, second.length);
      return both;
    }
  }

  /**
   * Asks a model.
   *
   * @param model the model
   */
  public Answered ask(LanguageModel model) {
    double[] sums = new double[tokens.length];
    double[] perCharacter = new double[tokens.length];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = logLikelihood(model, i);
      perCharacter[i] = sums[i] / characters[i];
    }
    return new Answered(best(sums) == answer, best(perCharacter) == answer);
  }

  /**
   * Log-probability of a choice after its context.
   *
   * @param model the model
   * @param choice position of the choice
   * @return nats
   */
  public double logLikelihood(LanguageModel model, int choice) {
    int[] window = tokens[choice];
    Device device = model.device();
    int vocabulary = model.config().vocabulary();
    double[] row = new double[vocabulary];
    double sum = 0;
    try (Tensor logits = model.logits(window)) {
      for (int at = window.length - scored[choice]; at < window.length; at++) {
        device.download(logits, (long) (at - 1) * vocabulary, row, 0, vocabulary);
        sum += row[window[at]] - logSum(row);
      }
    }
    return sum;
  }

  private static double logSum(double[] row) {
    double most = Arrays.stream(row).max().orElseThrow();
    double sum = 0;
    for (double each : row) {
      sum += Math.exp(each - most);
    }
    return most + Math.log(sum);
  }

  /** The first of the highest. */
  private static int best(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }
}
