package org.llmsurgeon.model.config;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;

/**
 * Sizes of one block. Blocks of a model that was pruned differ, and may lack a part altogether: its
 * tensors, its norm before it included, are then not in the checkpoint.
 *
 * @param queryHeads query heads of its attention; 0 where it has none
 * @param keyValueHeads key and value heads, a divisor of {@code queryHeads}; 0 without attention
 * @param width neurons of its feed-forward; 0 where it has none
 */
public record BlockSize(int queryHeads, int keyValueHeads, int width) implements Serializable {
  /** Checks the sizes. */
  public BlockSize {
    boolean grouped =
        keyValueHeads == 0 ? queryHeads == 0 : queryHeads > 0 && queryHeads % keyValueHeads == 0;
    if (queryHeads < 0 || keyValueHeads < 0 || width < 0 || !grouped) {
      throw new IllegalArgumentException(
          "%d query heads, %d key/value heads, %d neurons"
              .formatted(queryHeads, keyValueHeads, width));
    }
  }

  /** Whether there is an attention. */
  public boolean hasAttention() {
    return queryHeads > 0;
  }

  /** Whether there is a feed-forward. */
  public boolean hasFeedForward() {
    return width > 0;
  }

  /** Query heads that share a key and value head; 0 without attention. */
  public int headsPerGroup() {
    return hasAttention() ? queryHeads / keyValueHeads : 0;
  }

  /** The linear layers of the parts that are there. */
  List<LinearShape> present(List<LinearShape> attention, List<LinearShape> feedForward) {
    return Stream.concat(
            hasAttention() ? attention.stream() : Stream.of(),
            hasFeedForward() ? feedForward.stream() : Stream.of())
        .toList();
  }
}
