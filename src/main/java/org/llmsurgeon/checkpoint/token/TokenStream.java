package org.llmsurgeon.checkpoint.token;

import java.util.function.IntConsumer;
import org.llmsurgeon.InputException;

/**
 * Tokens of a text that comes bit by bit. What is held is the text since the last place at which it
 * may be cut, see {@link TextSplitter}.
 */
final class TokenStream {
  /** Characters that are held at most: encoding them takes some 10 GB. */
  static final int MOST = 1 << 26;

  private final TextTokenizer tokenizer;
  private final TextSplitter splitter;
  private final IntConsumer sink;
  private final StringBuilder pending = new StringBuilder();
  private boolean begun;
  private int start;
  private int searched;
  private long count;

  /**
   * @param tokenizer how
   * @param begun whether other text comes before, which ends where it may be cut
   * @param sink takes the tokens in order
   */
  TokenStream(TextTokenizer tokenizer, boolean begun, IntConsumer sink) {
    this.tokenizer = tokenizer;
    this.splitter = tokenizer.splitter();
    this.begun = begun;
    this.sink = sink;
  }

  /** Tokens so far. */
  long count() {
    return count;
  }

  /**
   * Adds tokens as they are.
   *
   * @param tokens special ones
   */
  void emit(int[] tokens) {
    for (int token : tokens) {
      sink.accept(token);
    }
    count += tokens.length;
  }

  /**
   * Adds text.
   *
   * @param text whole characters
   */
  void append(String text) {
    pending.append(text);
    int piece = tokenizer.piece();
    while (pending.length() - start > piece) {
      int at = splitter.find(pending, Math.max(searched, start + piece));
      if (at < 0) {
        searched = pending.length();
        break;
      }
      encode(at);
    }
    pending.delete(0, start);
    searched -= start;
    start = 0;
  }

  /**
   * Throws if so much text is held that it cannot be encoded.
   *
   * @param path where the text comes from, for the message
   */
  void requireRoom(String path) {
    if (pending.length() > MOST) {
      throw new InputException(
          path
              + ": more than "
              + MOST
              + " characters without a place where the tokenizer certainly ends a token; give"
              + " shorter documents (.jsonl or .parquet) or token windows");
    }
  }

  /** Ends the text, or a part of it that is encoded for itself. */
  void finish() {
    encode(pending.length());
    pending.setLength(0);
    start = 0;
    searched = 0;
  }

  private void encode(int to) {
    long[] part = tokenizer.encodePiece(pending.substring(start, to));
    int skip = begun && to > start && splitter.marker() >= 0 ? requireMarker(part) : 0;
    for (int i = skip; i < part.length; i++) {
      sink.accept((int) part[i]);
    }
    count += part.length - skip;
    begun |= to > start;
    start = to;
  }

  private int requireMarker(long[] part) {
    if (part.length == 0 || part[0] != splitter.marker()) {
      throw new IllegalStateException("a piece of the text does not begin with its mark");
    }
    return 1;
  }
}
