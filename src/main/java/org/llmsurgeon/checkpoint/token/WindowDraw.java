package org.llmsurgeon.checkpoint.token;

import java.io.Serializable;
import java.util.Arrays;
import org.llmsurgeon.InputException;

/** Where windows begin in the tokens of a text: a function of their number only. */
public sealed interface WindowDraw extends Serializable {
  /** Tokens of a window, at least 2. */
  int context();

  /**
   * How many windows there are.
   *
   * @param tokens tokens of the text
   * @throws InputException saying how many tokens there are and how many are needed, if there are
   *     fewer than a window has
   */
  int windows(long tokens);

  /**
   * Where windows begin.
   *
   * @param tokens tokens of the text
   * @param from first window
   * @param to window after the last
   * @return their first tokens
   */
  long[] starts(long tokens, int from, int to);

  /**
   * Windows at random places, drawn one by one with {@link SplitMix}: each start that leaves room
   * for a window is as likely as any other, and windows may overlap. Fewer windows of the same seed
   * are the first of more.
   *
   * @param context tokens of a window
   * @param count windows
   * @param seed any number; the same seed gives the same windows
   */
  record AtRandom(int context, int count, long seed) implements WindowDraw {
    /** Checks the context. */
    public AtRandom {
      requireContext(context);
    }

    @Override
    public int windows(long tokens) {
      requireTokens("calibration", tokens, context);
      return count;
    }

    @Override
    public long[] starts(long tokens, int from, int to) {
      SplitMix random = new SplitMix(seed);
      long[] starts = new long[to - from];
      for (int i = 0; i < to; i++) {
        long start = random.below(tokens - context + 1);
        if (i >= from) {
          starts[i - from] = start;
        }
      }
      return starts;
    }
  }

  /**
   * Consecutive windows from the first token on; what is left at the end is dropped.
   *
   * @param context tokens of a window
   */
  record Consecutive(int context) implements WindowDraw {
    /** Checks the context. */
    public Consecutive {
      requireContext(context);
    }

    @Override
    public int windows(long tokens) {
      requireTokens("test", tokens, context);
      return Math.toIntExact(tokens / context);
    }

    @Override
    public long[] starts(long tokens, int from, int to) {
      long[] starts = new long[to - from];
      for (int i = 0; i < starts.length; i++) {
        starts[i] = (long) (from + i) * context;
      }
      return starts;
    }
  }

  /**
   * Windows of the beginning of a text, whose end is kept back.
   *
   * @param draw where they begin in the rest
   * @param held tokens at the end that no window reaches
   */
  record WithoutEnd(WindowDraw draw, long held) implements WindowDraw {
    @Override
    public int context() {
      return draw.context();
    }

    @Override
    public int windows(long tokens) {
      return draw.windows(tokens - held);
    }

    @Override
    public long[] starts(long tokens, int from, int to) {
      return draw.starts(tokens - held, from, to);
    }
  }

  /**
   * Consecutive windows up to the last token of a text.
   *
   * @param context tokens of a window
   * @param count windows
   */
  record End(int context, int count) implements WindowDraw {
    /** Checks the context. */
    public End {
      requireContext(context);
    }

    /** How many tokens they have. */
    public long tokens() {
      return (long) count * context;
    }

    @Override
    public int windows(long tokens) {
      requireTokens("test", tokens, count * context);
      return count;
    }

    @Override
    public long[] starts(long tokens, int from, int to) {
      long[] starts = new long[to - from];
      for (int i = 0; i < starts.length; i++) {
        starts[i] = tokens - tokens() + (long) (from + i) * context;
      }
      return starts;
    }
  }

  /**
   * Windows at random places as {@link AtRandom} draws them, and after them some of the end of the
   * text, which none of the others reaches into: as much of it as they need, but never more than a
   * tenth, where that is a window.
   *
   * @param context tokens of a window
   * @param random windows at random places
   * @param apart windows of the end, evenly spread; at least 1
   * @param seed as in {@link AtRandom}
   */
  record WithEndApart(int context, int random, int apart, long seed) implements WindowDraw {
    /** Share of the text, its reciprocal, that the end has at most. */
    private static final int PARTS = 10;

    /** Checks the context. */
    public WithEndApart {
      requireContext(context);
    }

    @Override
    public int windows(long tokens) {
      requireTokens("calibration", tokens, 2 * context);
      return Math.addExact(random, apart);
    }

    @Override
    public long[] starts(long tokens, int from, int to) {
      long end = Math.max(context, Math.min(tokens / PARTS, (long) apart * context));
      long[] drawn =
          new AtRandom(context, random, seed)
              .starts(tokens - end, Math.min(from, random), Math.min(to, random));
      long[] starts = Arrays.copyOf(drawn, to - from);
      for (int i = drawn.length; i < starts.length; i++) {
        long place = (long) from + i - random;
        starts[i] = tokens - end + place * (end - context) / Math.max(1, apart - 1);
      }
      return starts;
    }
  }

  private static void requireContext(int context) {
    if (context < 2) {
      throw new InputException(
          "a context of " + context + " tokens predicts nothing; use at least 2");
    }
  }

  private static void requireTokens(String text, long tokens, int context) {
    if (tokens < context) {
      throw new InputException(
          "the %s text has %d tokens and a window needs %d; give more text or a smaller context"
              .formatted(text, tokens, context));
    }
  }
}
