package org.llmsurgeon.model;

/**
 * The sizes that every transformer has.
 *
 * @param vocabulary distinct token ids
 * @param hidden width of the residual stream
 * @param blocks number of blocks
 * @param heads query heads
 * @param keyValueHeads key and value heads, a divisor of {@code heads}
 * @param headDimension width of one head; {@code heads * headDimension} need not be {@code hidden}
 * @param feedForward neurons of a block's feed-forward
 * @param maxPositions longest sequence, in tokens
 */
public record ModelSize(
    int vocabulary,
    int hidden,
    int blocks,
    int heads,
    int keyValueHeads,
    int headDimension,
    int feedForward,
    int maxPositions) {

  /** Width of all query heads together. */
  public int queryWidth() {
    return heads * headDimension;
  }

  /** Width of all key heads together, and of all value heads. */
  public int keyValueWidth() {
    return keyValueHeads * headDimension;
  }
}
