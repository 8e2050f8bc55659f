package org.llmsurgeon.surgery.calibrate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.text.LabelledText;
import org.llmsurgeon.checkpoint.token.PairFrame;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.WindowFrame;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.TextRow;

/**
 * Makes windows of labelled texts with a model's tokenizer, as the examples of transformers do:
 * texts that are too long lose their ends, of a pair the longer one first; of a word the first
 * token has its label, the others none.
 */
public final class LabelledEncoder {
  private final TextTokenizer tokenizer;
  private final WindowFrame frame;
  private final Objective objective;
  private final TextRow row;
  private final LabelNames names;
  private final int tokens;

  /** Known when the first pair comes: not every tokenizer has one. */
  private PairFrame pair;

  /**
   * An encoder.
   *
   * @param tokenizer the model's
   * @param objective what the model is to do, with a {@link Objective#row}; of embeddings, which
   *     have none, the texts are pairs that stay apart, see there
   * @param config content of the model's {@code config.json}, for the labels' names
   * @param tokens of a window, at most
   */
  public LabelledEncoder(
      TextTokenizer tokenizer, Objective objective, JsonNode config, int tokens) {
    this.tokenizer = tokenizer;
    this.frame = WindowFrame.of(tokenizer);
    this.objective = objective;
    this.tokens = tokens;
    this.row = objective.row();
    this.names = objective.labels() > 0 ? LabelNames.of(config, objective.labels()) : null;
    requireRoom(1 + frame.size());
  }

  private void requireRoom(int least) {
    if (tokens < least) {
      throw new InputException(
          "a context of %d tokens has no room for a text beside special tokens; give %d at least"
              .formatted(tokens, least));
    }
  }

  /**
   * A text in tokens.
   *
   * @param ids its tokens, as {@link TextRow} has them
   * @param labels what stands behind them in a window; one for each token where words have their
   *     own
   */
  public record Encoded(int[] ids, int[] labels) {}

  /**
   * Encodes a text.
   *
   * @throws InputException naming line and column where the label is none of the model's
   */
  public Encoded encode(LabelledText text) {
    if (objective.labelsWords()) {
      return ofWords(text);
    }
    if (row == null) {
      return ofTwo(text);
    }
    int[] ids =
        text.texts().size() == 1
            ? frame.around(cut(plain(text.texts().get(0)), tokens - frame.size()))
            : ofPair(plain(text.texts().get(0)), plain(text.texts().get(1)));
    JsonNode label = text.labels().get(0);
    int[] right =
        names == null ? TextRow.halves(number(label, text)) : new int[] {names.number(label, text)};
    return new Encoded(ids, right);
  }

  /** Two texts that are read one by one, and how alike they are. */
  private Encoded ofTwo(LabelledText text) {
    if (text.texts().size() != 2) {
      throw new InputException(
          text.where() + " has one text; give two, and a number that says how alike they are");
    }
    IntStream.Builder ids = IntStream.builder();
    for (String each : text.texts()) {
      Arrays.stream(frame.around(cut(plain(each), tokens - frame.size()))).forEach(ids);
      ids.add(TextRow.NOTHING);
    }
    int[] right = TextRow.halves(number(text.labels().get(0), text));
    return new Encoded(ids.build().toArray(), right);
  }

  private int[] plain(String text) {
    return tokenizer.encode(text, false);
  }

  private static int[] cut(int[] ids, int most) {
    return Arrays.copyOf(ids, Math.min(ids.length, most));
  }

  private static float number(JsonNode label, LabelledText text) {
    float number = label.isNumber() ? label.floatValue() : Float.NaN;
    if (!Float.isFinite(number)) {
      throw new InputException(
          "%s has %s as its \"%s\"; give a finite number"
              .formatted(text.where(), label, text.column()));
    }
    return number;
  }

  private int[] ofPair(int[] first, int[] second) {
    if (pair == null) {
      pair = tokenizer.pairFrame();
      requireRoom(2 + pair.size());
    }
    int[] lengths = lengths(first.length, second.length, tokens - pair.size());
    IntStream.Builder ids = IntStream.builder();
    Arrays.stream(pair.before()).forEach(ids);
    Arrays.stream(cut(first, lengths[0])).forEach(ids);
    Arrays.stream(pair.between()).forEach(ids);
    IntStream.concat(Arrays.stream(cut(second, lengths[1])), Arrays.stream(pair.after()))
        .map(id -> pair.typed() ? row.ofSecond(id) : id)
        .forEach(ids);
    return ids.build().toArray();
  }

  /**
   * How long the texts of a pair stay: the longer one is cut to the length of the other, then both
   * are ("longest first" of Hugging Face's tokenizers).
   */
  static int[] lengths(int first, int second, int most) {
    int shorter = Math.min(first, second);
    int longer = Math.max(shorter, Math.min(Math.max(first, second), most - shorter));
    if (shorter + longer > most) {
      shorter = most / 2;
      longer = shorter + most % 2;
    }
    return first > second ? new int[] {longer, shorter} : new int[] {shorter, longer};
  }

  private Encoded ofWords(LabelledText text) {
    List<Integer> ids = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int word = 0; word < text.texts().size(); word++) {
      int label = names.number(text.labels().get(word), text);
      int[] own = plain(" " + text.texts().get(word));
      for (int i = 0; i < own.length; i++) {
        ids.add(own[i]);
        labels.add(i == 0 ? label : TextRow.NOTHING);
      }
    }
    int length = Math.min(ids.size(), tokens - frame.size());
    int[] said = new int[length + frame.size()];
    Arrays.fill(said, TextRow.NOTHING);
    for (int i = 0; i < length; i++) {
      said[frame.before().length + i] = labels.get(i);
    }
    int[] all = ids.stream().limit(length).mapToInt(Integer::intValue).toArray();
    if (length == 0) {
      throw new InputException(text.where() + " has no word; leave such rows out");
    }
    return new Encoded(frame.around(all), said);
  }

  /**
   * Windows of one width.
   *
   * @param texts at least one
   * @return {@code [texts][width]}
   */
  public static int[][] windows(List<Encoded> texts, boolean words) {
    int places = texts.stream().mapToInt(each -> each.ids().length).max().orElseThrow();
    int[][] windows = new int[texts.size()][];
    for (int i = 0; i < windows.length; i++) {
      Encoded text = texts.get(i);
      int[] window = new int[places + (words ? places : text.labels().length)];
      Arrays.fill(window, TextRow.NOTHING);
      System.arraycopy(text.ids(), 0, window, 0, text.ids().length);
      System.arraycopy(text.labels(), 0, window, places, text.labels().length);
      windows[i] = window;
    }
    return windows;
  }
}
