package org.llmsurgeon.model.config;

import java.io.Serializable;
import java.util.List;

/**
 * Sizes of one block. Blocks of a model that was pruned differ, and may lack a part altogether: its
 * tensors, its norm before it included, are then not in the checkpoint.
 *
 * @param queryHeads query heads of its attention; 0 where it has none
 * @param keyValueHeads key and value heads, a divisor of {@code queryHeads}; 0 without attention
 * @param width neurons of the feed-forward that all tokens go through; 0 where it has none
 * @param experts neurons of each expert of its mixture; empty where it has none
 */
public record BlockSize(int queryHeads, int keyValueHeads, int width, List<Integer> experts)
    implements Serializable {
  /** Checks the sizes. */
  public BlockSize {
    boolean grouped =
        keyValueHeads == 0 ? queryHeads == 0 : queryHeads > 0 && queryHeads % keyValueHeads == 0;
    experts = List.copyOf(experts);
    boolean wide = width >= 0 && experts.stream().allMatch(each -> each > 0);
    if (queryHeads < 0 || keyValueHeads < 0 || !wide || !grouped) {
      throw new IllegalArgumentException(
          "%d query heads, %d key/value heads, %d neurons, experts of %s"
              .formatted(queryHeads, keyValueHeads, width, experts));
    }
  }

  /** Sizes without experts. */
  public BlockSize(int queryHeads, int keyValueHeads, int width) {
    this(queryHeads, keyValueHeads, width, List.of());
  }

  /**
   * The same attention with other feed-forwards.
   *
   * @param other neurons of the one that all tokens go through
   * @param mixture neurons of each expert
   */
  public BlockSize with(int other, List<Integer> mixture) {
    return new BlockSize(queryHeads, keyValueHeads, other, mixture);
  }

  /** Whether there is an attention. */
  public boolean hasAttention() {
    return queryHeads > 0;
  }

  /** Whether there is a feed-forward, be it a mixture of experts. */
  public boolean hasFeedForward() {
    return width > 0 || !experts.isEmpty();
  }

  /** Query heads that share a key and value head; 0 without attention. */
  public int headsPerGroup() {
    return hasAttention() ? queryHeads / keyValueHeads : 0;
  }
}
