package org.llmsurgeon.export.plan;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.llmsurgeon.export.survey.BlockSurvey;

/**
 * Which units of a block are written when it gets a width: all that are left, and as many of the
 * others as the width asks for besides. Those compute what they did, so that any width is exact.
 *
 * @param neurons neurons, ascending
 * @param heads query heads, ascending: equally many of each group
 * @param groups key and value heads, ascending
 */
public record KeptLines(int[] neurons, int[] heads, int[] groups) {
  /**
   * The units of a width.
   *
   * @param block what is left
   * @param width at least as wide as what is left
   */
  static KeptLines of(BlockSurvey block, BlockWidth width) {
    BitSet alive = new BitSet();
    IntStream.range(0, block.allGroups()).filter(g -> block.left(g) > 0).forEach(alive::set);
    int[] groups = filled(alive, 0, block.allGroups(), width.groups());
    int inGroup = block.headsInGroup();
    int[] heads =
        Arrays.stream(groups)
            .flatMap(
                group ->
                    Arrays.stream(
                        filled(
                            block.heads(),
                            group * inGroup,
                            (group + 1) * inGroup,
                            width.headsInGroup())))
            .toArray();
    return new KeptLines(
        filled(block.neurons(), 0, block.allNeurons(), width.neurons()), heads, groups);
  }

  /**
   * All set bits in a range, and the first others until there are so many.
   *
   * @param set units that are left
   * @param from the first of the range
   * @param to after its last
   * @param count how many, at least as many as are left
   */
  static int[] filled(BitSet set, int from, int to, int count) {
    BitSet kept = new BitSet();
    IntStream.range(from, to).filter(set::get).forEach(kept::set);
    int missing = count - kept.cardinality();
    if (missing < 0) {
      throw new IllegalArgumentException(count + " of " + kept.cardinality() + " units");
    }
    IntStream.range(from, to).filter(i -> !set.get(i)).limit(missing).forEach(kept::set);
    return kept.stream().toArray();
  }

  /** The rows or columns of heads. */
  public static int[] lines(int[] heads, int headDimension) {
    return Arrays.stream(heads)
        .flatMap(head -> IntStream.range(head * headDimension, (head + 1) * headDimension))
        .toArray();
  }
}
