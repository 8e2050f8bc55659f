package org.llmsurgeon.checkpoint.token;

/**
 * Special tokens around a pair of texts.
 *
 * @param before at the beginning
 * @param between after the first text
 * @param after at the end
 * @param typed whether the second text and what comes after it are of another type than the first
 */
public record PairFrame(int[] before, int[] between, int[] after, boolean typed) {
  /** How many tokens it has. */
  public int size() {
    return before.length + between.length + after.length;
  }
}
