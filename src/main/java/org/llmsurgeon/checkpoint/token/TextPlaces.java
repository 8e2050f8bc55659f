package org.llmsurgeon.checkpoint.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextSource;

/**
 * Windows at places of a text that are drawn before anything is read: a byte of all files together,
 * each as likely as any other, and from there the first place at which the tokenizer may be cut. So
 * of a text of any size only the windows themselves become tokens. Among the windows of {@link
 * WindowDraw.AtRandom} each start is as likely as any other token; here a token is the likelier the
 * longer the bytes before it are, and of JSON lines a window begins where a document does, or later
 * in it.
 */
public final class TextPlaces {
  /**
   * Bytes of text that are taken for a token at first; where they are too few, for twice as many.
   */
  private static final int TOKEN_BYTES = 8;

  /** Tokens that a place near the end may lack are looked for before it, so often. */
  private static final int MOST_TRIES = 64;

  private final TextTokenizer tokenizer;
  private final TextSource source;
  private final List<TextPart> files;
  private final long bytes;

  /**
   * A text.
   *
   * @param tokenizer one that allows cuts
   * @param source opens the files
   * @param files of which each {@link #serves}
   */
  public TextPlaces(TextTokenizer tokenizer, TextSource source, List<TextPart> files) {
    this.tokenizer = tokenizer;
    this.source = source;
    this.files = List.copyOf(files);
    this.bytes = files.stream().mapToLong(TextPart::bytes).sum();
  }

  /**
   * Whether a file can be read from any of its bytes on; {@code .json} may hold one array.
   *
   * @param path the file
   */
  public static boolean serves(String path) {
    TextFormat format = TextFormat.of(path);
    return !TextFormat.isCompressed(path)
        && !path.toLowerCase(Locale.ROOT).endsWith(".json")
        && (format == TextFormat.PLAIN || format == TextFormat.LINES);
  }

  /**
   * Some windows of a draw.
   *
   * @param draw how many, and with which seed; fewer windows of the same seed are the first of more
   * @param from first window
   * @param to window after the last
   * @return {@code [windows][context]}
   * @throws InputException if the text has not enough tokens for a window
   */
  public int[][] windows(WindowDraw.AtRandom draw, int from, int to) {
    SplitMix random = new SplitMix(draw.seed());
    int[][] windows = new int[to - from][];
    for (int i = 0; i < to; i++) {
      long place = random.below(Math.max(1, bytes));
      if (i >= from) {
        windows[i - from] = window(place, draw.context());
      }
    }
    return windows;
  }

  /** The window at a place; where too little text follows, at one half as far from the start. */
  private int[] window(long place, int context) {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      int[] tokens = from(place, context);
      if (tokens.length == context) {
        return tokens;
      }
      place /= 2;
    }
    throw new InputException(
        "the calibration text has no %d tokens in one piece; give more text or a smaller context"
            .formatted(context));
  }

  /** The first tokens after a place, as many as are wanted, or as there are. */
  private int[] from(long place, int context) {
    long some = (long) TOKEN_BYTES * context;
    while (true) {
      int[] tokens = new int[context];
      long[] count = {0};
      new SplitTokenizer(tokenizer, source, splits(place, some), false, true)
          .encode(
              1,
              token -> {
                if (count[0] < context) {
                  tokens[(int) count[0]] = token;
                }
                count[0]++;
              });
      if (place + some >= bytes || count[0] >= context) {
        return Arrays.copyOf(tokens, (int) Math.min(context, count[0]));
      }
      some *= 2;
    }
  }

  /** What comes before, which is not looked at; what is wanted; and what follows. */
  private List<TextSplit> splits(long place, long some) {
    long end = Math.min(bytes, place + some);
    return List.of(
        new TextSplit(List.of()),
        new TextSplit(cut(files, place, end)),
        new TextSplit(cut(files, end, bytes)));
  }

  /**
   * Some bytes of a text.
   *
   * @param text parts of files, in order
   * @param from first byte, counted over all parts
   * @param to byte after the last
   */
  public static List<TextPart> cut(List<TextPart> text, long from, long to) {
    List<TextPart> parts = new ArrayList<>();
    long begin = 0;
    for (TextPart part : text) {
      long first = Math.max(from, begin) - begin;
      long last = Math.min(to, begin + part.bytes()) - begin;
      if (first < last) {
        parts.add(part.range(part.from() + first, part.from() + last));
      }
      begin += part.bytes();
    }
    return parts;
  }
}
