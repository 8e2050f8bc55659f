package org.llmsurgeon.checkpoint.token;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Special tokens around every window of a text, as an encoder was trained with them around every
 * text; none for most language models, which have them once in a text.
 *
 * @param before at the beginning
 * @param after at the end
 */
public record WindowFrame(int[] before, int[] after) implements Serializable {
  /** No tokens. */
  public static final WindowFrame NONE = new WindowFrame(new int[0], new int[0]);

  /**
   * What a tokenizer puts around a text.
   *
   * @param tokenizer the model's
   */
  public static WindowFrame of(TextTokenizer tokenizer) {
    return new WindowFrame(tokenizer.prefix(), tokenizer.suffix());
  }

  /** The same at the beginning alone. */
  public WindowFrame beginning() {
    return new WindowFrame(before, new int[0]);
  }

  /** How many tokens it has. */
  public int size() {
    return before.length + after.length;
  }

  /**
   * A window with its frame.
   *
   * @param text tokens of the text
   */
  public int[] around(int[] text) {
    int[] window = Arrays.copyOf(before, size() + text.length);
    System.arraycopy(text, 0, window, before.length, text.length);
    System.arraycopy(after, 0, window, before.length + text.length, after.length);
    return window;
  }
}
