package org.llmsurgeon.model.config;

import java.util.List;

/**
 * How a network's attentions compute.
 *
 * @param scale factor on the scores
 * @param softCap scores go through {@code cap tanh(score / cap)}; 0 where they do not
 * @param inputBias whether query, key and value layers have biases
 * @param outputBias whether the output layer has one
 * @param rotary kinds of rotary positions
 * @param layers what differs from block to block
 * @param wholeNorms whether the norms of queries and keys go over all heads at once, not over each
 * @param causal whether a token sees nothing that comes after it
 */
public record AttentionStyle(
    double scale,
    double softCap,
    boolean inputBias,
    boolean outputBias,
    List<RotaryPositions> rotary,
    List<Layer> layers,
    boolean wholeNorms,
    boolean causal) {
  /**
   * One block's attention.
   *
   * @param window how many tokens a token sees, itself included; 0 for all before it
   * @param rotary index of its positions, or -1 where it has none
   */
  public record Layer(int window, int rotary) {
    /** Sees everything, with the first kind of positions. */
    public static final Layer FULL = new Layer(0, 0);
  }

  /**
   * The rotary positions of a block, or null where it has none.
   *
   * @param block index from 0
   */
  public RotaryPositions positions(int block) {
    int index = layers.get(block).rotary();
    return index < 0 || rotary.isEmpty() ? null : rotary.get(index);
  }
}
