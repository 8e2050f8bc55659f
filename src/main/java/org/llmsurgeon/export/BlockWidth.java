package org.llmsurgeon.export;

/**
 * Sizes that a block is written with; 0 where a sublayer is left out.
 *
 * @param neurons of the feed-forward
 * @param heads query heads
 * @param groups key and value heads, a divisor of {@code heads}
 */
public record BlockWidth(int neurons, int heads, int groups) {
  /** Query heads of each key and value head; 0 where there are none. */
  int headsInGroup() {
    return groups == 0 ? 0 : heads / groups;
  }
}
