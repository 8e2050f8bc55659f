package org.llmsurgeon.model.config;

import java.util.Arrays;

/**
 * Texts, or their tokens, have labels. A window is a row of token ids, {@link #NOTHING} behind
 * them, and then the label of the text, or one for each place of the row, {@link #NOTHING} where a
 * token has none. The label of a text is that of its first token, which the tokenizer put there.
 *
 * @param labels how many there are
 * @param each whether every token has its own
 * @param row how the text stands in a window
 */
public record Classification(int labels, boolean each, TextRow row) implements Labels {
  /** In place of a token or a label where there is none. */
  public static final int NOTHING = TextRow.NOTHING;

  @Override
  public Example example(int[] window) {
    int places = places(window.length);
    int length = row.length(window, places);
    int[] targets = new int[length];
    Arrays.fill(targets, NOTHING);
    for (int i = 0; i < (each ? length : 1); i++) {
      targets[i] = window[places + i];
    }
    return row.example(window, length, targets, 0);
  }

  @Override
  public boolean labelsWords() {
    return each;
  }

  @Override
  public int places(int width) {
    return each ? width / 2 : width - 1;
  }

  @Override
  public int width(int tokens) {
    return each ? 2 * tokens : tokens + 1;
  }
}
