package org.llmsurgeon.generation;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;

/**
 * Goes on with a text, token by token. Each token is a forward pass over all tokens so far, which
 * is right for looking at what a model writes and slow for serving it.
 */
public final class Generator {
  /** What a tokenizer gives for a character of which bytes are missing. */
  private static final String HALF = "\uFFFD";

  private final LanguageModel model;
  private final TextTokenizer tokenizer;
  private final Set<Integer> ends;

  /**
   * A generator.
   *
   * @param model the model
   * @param tokenizer its tokenizer
   * @param ends tokens after which it stops, which are not written
   */
  public Generator(LanguageModel model, TextTokenizer tokenizer, Set<Integer> ends) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.ends = Set.copyOf(ends);
  }

  /**
   * What the model writes after a text.
   *
   * @param prompt the text
   * @param most tokens at most; fewer where the model ends before, or has no more positions
   * @param sampling how tokens are chosen
   * @param listener told each new piece of text as soon as its characters are whole
   * @return all of it
   * @throws InputException where the text leaves no position
   */
  public String continuation(
      String prompt, int most, Sampling sampling, Consumer<String> listener) {
    int[] window = tokenizer.encode(prompt, false);
    int[] prefix = tokenizer.prefix();
    int start = prefix.length + window.length;
    if (start == 0) {
      throw new InputException("the prompt has no tokens; give some text");
    }
    if (start >= model.config().maxPositions()) {
      throw new InputException(
          "the prompt has %d tokens, and the model %d positions; shorten it"
              .formatted(start, model.config().maxPositions()));
    }
    int[] all = Arrays.copyOf(prefix, start);
    System.arraycopy(window, 0, all, prefix.length, window.length);
    return follow(all, window.length, most, sampling, listener);
  }

  private String follow(
      int[] start, int own, int most, Sampling sampling, Consumer<String> listener) {
    TokenChoice choice = new TokenChoice(sampling);
    int[] all = start;
    int first = start.length - own;
    String before = tokenizer.decode(Arrays.copyOfRange(all, first, all.length));
    int told = before.length();
    String text = before;
    for (int i = 0; i < most && all.length < model.config().maxPositions(); i++) {
      int next = choice.of(lastLogits(all));
      if (ends.contains(next)) {
        break;
      }
      all = Arrays.copyOf(all, all.length + 1);
      all[all.length - 1] = next;
      text = tokenizer.decode(Arrays.copyOfRange(all, first, all.length));
      if (!text.endsWith(HALF) && text.length() > told) {
        listener.accept(text.substring(told));
        told = text.length();
      }
    }
    if (text.length() > told) {
      listener.accept(text.substring(told));
    }
    return text.substring(Math.min(before.length(), text.length()));
  }

  private double[] lastLogits(int[] window) {
    try (Tensor logits = model.logits(window)) {
      double[] last = new double[logits.columns()];
      model.device().download(logits, (window.length - 1L) * last.length, last, 0, last.length);
      if (!Arrays.stream(last).allMatch(Double::isFinite)) {
        throw new NonFiniteException("a logit is not finite; this model is broken");
      }
      return last;
    }
  }
}
