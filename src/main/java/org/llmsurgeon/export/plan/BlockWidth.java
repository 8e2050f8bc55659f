package org.llmsurgeon.export.plan;

/**
 * Sizes that a block is written with; 0 where a sublayer is left out.
 *
 * @param neurons of the feed-forward that all tokens go through
 * @param heads query heads
 * @param groups key and value heads, a divisor of {@code heads}
 * @param expert neurons of each expert of the mixture; 0 where there is none
 * @param experts how many there are
 */
public record BlockWidth(int neurons, int heads, int groups, int expert, int experts) {
  /** Sizes of a block without experts. */
  public BlockWidth(int neurons, int heads, int groups) {
    this(neurons, heads, groups, 0, 0);
  }

  /** Query heads of each key and value head; 0 where there are none. */
  int headsInGroup() {
    return groups == 0 ? 0 : heads / groups;
  }
}
