package org.llmsurgeon.model.config;

import java.util.List;

/**
 * The sizes that every transformer has.
 *
 * @param vocabulary distinct token ids; 1 where tokens are squares of images
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

  /** The same sizes for as many blocks as these, the widest of which stands for all. */
  public ModelSize of(List<BlockSize> each) {
    return new ModelSize(
        vocabulary,
        hidden,
        each.size(),
        heads,
        each.stream().mapToInt(BlockSize::keyValueHeads).max().orElse(keyValueHeads),
        headDimension,
        each.stream().mapToInt(BlockSize::width).max().orElse(feedForward),
        maxPositions);
  }

  /**
   * The same sizes with another longest sequence.
   *
   * @param positions tokens
   */
  public ModelSize reaching(int positions) {
    return new ModelSize(
        vocabulary, hidden, blocks, heads, keyValueHeads, headDimension, feedForward, positions);
  }

  /**
   * The same sizes of a network that reads images, whose tokens have no ids.
   *
   * @param image how they become tokens
   */
  public ModelSize ofImages(ImageShape image) {
    return new ModelSize(
        1, hidden, blocks, heads, keyValueHeads, headDimension, feedForward, image.tokens());
  }

  void requireBlocks(List<BlockSize> each) {
    if (each.size() != blocks) {
      throw new IllegalArgumentException(
          "%d sizes of blocks for %d blocks".formatted(each.size(), blocks));
    }
  }
}
