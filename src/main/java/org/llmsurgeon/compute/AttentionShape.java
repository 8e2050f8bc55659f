package org.llmsurgeon.compute;

/**
 * Shape of an attention. Query head {@code h} reads key/value head {@code h / (heads /
 * keyValueHeads)}.
 *
 * @param sequences sequences in the batch; rows of all tensors are {@code sequences * length}, one
 *     sequence after the other
 * @param length tokens of each sequence
 * @param heads query heads; queries and outputs are {@code [tokens, heads * headDimension]}
 * @param keyValueHeads key and value heads, a divisor of {@code heads}; keys and values are {@code
 *     [tokens, keyValueHeads * headDimension]}
 * @param headDimension columns of one head
 * @param scale factor on the scores, usually {@code 1 / sqrt(headDimension)}
 * @param reach which keys a query sees
 * @param softCap scores go through {@code cap tanh(score / cap)}; 0 where they do not
 */
public record AttentionShape(
    int sequences,
    int length,
    int heads,
    int keyValueHeads,
    int headDimension,
    double scale,
    Reach reach,
    double softCap) {
  /**
   * Which keys a query sees.
   *
   * @param causal whether none after its own
   * @param window how many at most, its own and those right before it; 0 for all. Only a causal
   *     attention has one
   */
  public record Reach(boolean causal, int window) {
    /** Everything before. */
    public static final Reach BEFORE = new Reach(true, 0);

    /** Checks that a window is that of a causal attention. */
    public Reach {
      if (!causal && window != 0) {
        throw new IllegalArgumentException("a window of " + window + " on both sides");
      }
    }
  }

  /** A causal attention that sees everything before, without a bound on its scores. */
  public AttentionShape(
      int sequences, int length, int heads, int keyValueHeads, int headDimension, double scale) {
    this(sequences, length, heads, keyValueHeads, headDimension, scale, Reach.BEFORE, 0);
  }

  /**
   * The first key that a query sees.
   *
   * @param query its position in the sequence
   */
  public int firstKey(int query) {
    return reach.window() == 0 ? 0 : Math.max(0, query - reach.window() + 1);
  }

  /**
   * The key after the last one that a query sees.
   *
   * @param query its position in the sequence
   */
  public int keysEnd(int query) {
    return reach.causal() ? query + 1 : length;
  }
}
