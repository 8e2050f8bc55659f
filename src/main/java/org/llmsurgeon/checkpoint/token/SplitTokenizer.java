package org.llmsurgeon.checkpoint.token;

import java.util.List;
import java.util.function.IntConsumer;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextSource;

/**
 * Tokens of a text in splits, each by itself: one after the other they are the tokens of the whole
 * text, however it is split. A split begins at the first place in it where the tokenizer allows a
 * cut ({@link TextSplitter}) and reads on up to that place in the next one.
 *
 * <p>Where the tokenizer is known to allow none, the first split is everything; or, if asked for,
 * every document is encoded for itself, with the blank line before it.
 */
public final class SplitTokenizer {
  private final TextTokenizer tokenizer;
  private final TextSource source;
  private final List<TextSplit> splits;
  private final boolean byDocument;
  private final boolean bare;

  /**
   * A text.
   *
   * @param tokenizer how it becomes tokens
   * @param source opens its files
   * @param splits all of the text, in order
   * @param byDocument whether documents are encoded one by one where the tokenizer is not known to
   *     allow cuts; these tokens are others than those of the whole text
   * @param bare whether the tokenizer's special tokens are left out
   */
  public SplitTokenizer(
      TextTokenizer tokenizer,
      TextSource source,
      List<TextSplit> splits,
      boolean byDocument,
      boolean bare) {
    this.tokenizer = tokenizer;
    this.source = source;
    this.splits = List.copyOf(splits);
    this.byDocument = byDocument && !tokenizer.splitter().cuts();
    this.bare = bare;
  }

  /** How many splits there are. */
  public int splits() {
    return splits.size();
  }

  /**
   * Encodes a split. The first begins and the last ends with the tokenizer's special tokens, unless
   * these are left out.
   *
   * @param index which
   * @param sink takes its tokens, in order
   */
  public SplitTokens encode(int index, IntConsumer sink) {
    boolean begun = index == 0;
    TokenStream tokens = new TokenStream(tokenizer, !begun, sink);
    FirstCut search = new FirstCut();
    long documents = 0;
    boolean blank = true;
    if (begun && !bare) {
      tokens.emit(tokenizer.prefix());
    }
    try (SplitText text = open(index)) {
      for (TextChunk chunk = text.next(); chunk != null; chunk = text.next()) {
        documents += chunk.startsDocument() ? 1 : 0;
        blank &= chunk.text().isBlank();
        int from = begun ? 0 : search.in(chunk);
        if (from >= 0) {
          begun = true;
          append(chunk, from, chunk.text().length(), tokens);
        }
      }
    }
    if (begun) {
      readOn(index + 1, tokens);
    }
    return new SplitTokens(tokens.count(), documents, blank);
  }

  private void readOn(int next, TokenStream tokens) {
    for (int i = next; i < splits.size(); i++) {
      FirstCut search = new FirstCut();
      try (SplitText text = open(i)) {
        for (TextChunk chunk = text.next(); chunk != null; chunk = text.next()) {
          int to = search.in(chunk);
          append(chunk, 0, to < 0 ? chunk.text().length() : to, tokens);
          if (to >= 0) {
            tokens.finish();
            return;
          }
        }
      }
    }
    tokens.finish();
    tokens.emit(bare ? new int[0] : tokenizer.suffix());
  }

  private SplitText open(int index) {
    return new SplitText(source, splits.get(index), index == 0);
  }

  private void append(TextChunk chunk, int from, int to, TokenStream tokens) {
    if (byDocument && chunk.startsDocument()) {
      tokens.finish();
    }
    tokens.append(chunk.text().substring(from, to));
    tokens.requireRoom(chunk.path());
  }

  /** Finds where the part of a split begins that is encoded with it. */
  private final class FirstCut {
    private String before = "";

    /** Its place in the next chunk, or -1 if it is not there. */
    int in(TextChunk chunk) {
      if (byDocument) {
        return chunk.startsDocument() ? 0 : -1;
      }
      String text = before + chunk.text();
      int at = tokenizer.splitter().find(text, 1);
      int kept = before.length();
      before = text.isEmpty() ? "" : text.substring(text.length() - 1);
      return at < 0 ? -1 : at - kept;
    }
  }
}
