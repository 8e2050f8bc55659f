package org.llmsurgeon.model.pass;

/**
 * What each position of some windows should predict while gradients are taken: the text itself, or
 * tokens drawn in its place, for a Fisher that is not the empirical one (contracts, "Fisher").
 * Losses that a pass returns are those of the text in any case.
 */
public sealed interface Targets {
  /** The text's own next tokens. */
  Targets OF_TEXT = new OfText();

  /** How many backward passes there are, each with targets of its own; at least 1. */
  int draws();

  /** The text's own next tokens, in one pass. */
  record OfText() implements Targets {
    @Override
    public int draws() {
      return 1;
    }
  }

  /**
   * Tokens drawn from the model's own softmax.
   *
   * @param draw draws one token
   * @param draws how many for each position
   */
  record Drawn(TokenDraw draw, int draws) implements Targets {
    /** Checks the number. */
    public Drawn {
      if (draws < 1) {
        throw new IllegalArgumentException(draws + " draws");
      }
    }
  }

  /**
   * Tokens that are known beforehand.
   *
   * @param tokens {@code [windows, draws, context]}: what each position should predict; that of a
   *     window's last position is not used. Not copied, so not to be written
   */
  record Given(int[][][] tokens) implements Targets {
    @Override
    public int draws() {
      return tokens[0].length;
    }
  }
}
