package org.llmsurgeon.export.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.export.survey.BlockSurvey;

/** The smallest widths that a route can say for what is left of each block. */
final class Widths {
  /**
   * Neurons of experts are a multiple of this: PyTorch multiplies with all experts at once only
   * where rows begin at multiples of 16 bytes, and transformers has it do so.
   */
  private static final int ALIGNED = 8;

  private Widths() {}

  /** Each block as it is. */
  static List<BlockWidth> unchanged(List<BlockSurvey> blocks) {
    return blocks.stream()
        .map(
            each ->
                new BlockWidth(
                    each.allNeurons(),
                    each.allHeads(),
                    each.allGroups(),
                    each.expertNeurons(),
                    each.experts().size()))
        .toList();
  }

  /**
   * Each block on its own. A sublayer is left out where nothing of it is left; where it still adds
   * a bias, it keeps one unit.
   *
   * @param all whether every sublayer keeps one
   */
  static List<BlockWidth> perBlock(List<BlockSurvey> blocks, boolean all) {
    return blocks.stream()
        .map(
            each -> {
              boolean one = all || each.constants().attention();
              int groups = atLeast(each.groupsLeft(), one, each.allGroups());
              int heads = Math.max(1, each.mostHeadsInGroup()) * groups;
              return new BlockWidth(
                  neurons(each, all || hasShared(each)),
                  heads,
                  groups,
                  aligned(each, Math.max(1, mostOfAnExpert(each))),
                  each.expertsLeft().length);
            })
        .toList();
  }

  /** Whether tokens go through something beside experts, which the block's code counts on. */
  private static boolean hasShared(BlockSurvey block) {
    return !block.experts().isEmpty() && block.allNeurons() > 0;
  }

  /** Neurons of experts, of which so many are needed. */
  private static int aligned(BlockSurvey block, int needed) {
    int aligned = (needed + ALIGNED - 1) / ALIGNED * ALIGNED;
    return Math.min(aligned, block.expertNeurons());
  }

  private static int neurons(BlockSurvey block, boolean one) {
    boolean needed = one || block.constants().feedForward();
    return atLeast(block.neurons().cardinality(), needed, block.allNeurons());
  }

  private static int atLeast(int left, boolean one, int all) {
    return Math.min(all, one ? Math.max(1, left) : left);
  }

  /**
   * One width for all blocks; none where some are narrower already than others must be, or have
   * fewer experts. Of blocks with and without experts, each kind has its own feed-forward.
   *
   * @param hidden width of the residual stream; the number of query heads must divide it, or be as
   *     it was
   * @param headsAsTheyWere whether the architecture cannot have fewer heads
   */
  static Optional<List<BlockWidth>> uniform(
      List<BlockSurvey> blocks, int hidden, boolean headsAsTheyWere) {
    BlockSurvey first = blocks.get(0);
    int groupsLeft = Math.max(1, most(blocks, BlockSurvey::groupsLeft));
    int inGroupLeft = Math.max(1, most(blocks, BlockSurvey::mostHeadsInGroup));
    BlockWidth all = new BlockWidth(0, first.allHeads(), first.allGroups());
    Stream<BlockWidth> smaller =
        IntStream.rangeClosed(groupsLeft, first.allGroups())
            .boxed()
            .flatMap(
                groups ->
                    IntStream.rangeClosed(inGroupLeft, first.headsInGroup())
                        .mapToObj(inGroup -> new BlockWidth(0, groups * inGroup, groups)))
            .filter(width -> hidden % width.heads() == 0);
    return Stream.concat(headsAsTheyWere ? Stream.of() : smaller, Stream.of(all))
        .filter(width -> blocks.stream().allMatch(each -> has(each, width)))
        .min(Comparator.comparingInt(width -> width.heads() + width.groups()))
        .flatMap(heads -> uniform(blocks, heads));
  }

  /** One width of each kind of feed-forward, with the same heads. */
  private static Optional<List<BlockWidth>> uniform(List<BlockSurvey> blocks, BlockWidth heads) {
    List<BlockWidth> widths = new ArrayList<>();
    for (BlockSurvey block : blocks) {
      boolean mixed = !block.experts().isEmpty();
      List<BlockSurvey> alike =
          blocks.stream().filter(each -> each.experts().isEmpty() != mixed).toList();
      boolean none = mixed && block.allNeurons() == 0;
      int neurons = none ? 0 : Math.max(1, most(alike, each -> each.neurons().cardinality()));
      int left = mixed ? Math.max(1, most(alike, Widths::mostOfAnExpert)) : 0;
      int expert = Math.max(left, aligned(block, left));
      int experts = most(alike, each -> each.expertsLeft().length);
      if (neurons > block.allNeurons()
          || expert > block.expertNeurons()
          || experts != block.expertsLeft().length) {
        return Optional.empty();
      }
      widths.add(new BlockWidth(neurons, heads.heads(), heads.groups(), expert, experts));
    }
    return Optional.of(widths);
  }

  private static int mostOfAnExpert(BlockSurvey block) {
    return block.experts().stream().mapToInt(each -> each.neurons().cardinality()).max().orElse(0);
  }

  /** Whether a block has so many heads, and no more are left. */
  private static boolean has(BlockSurvey block, BlockWidth width) {
    return width.groups() <= block.allGroups()
        && width.headsInGroup() <= block.headsInGroup()
        && width.groups() >= block.groupsLeft()
        && width.headsInGroup() >= block.mostHeadsInGroup();
  }

  /**
   * One number of query heads for all blocks, any number of neurons, and any number of key and
   * value heads that divides that of the query heads. The first block keeps its attention: vLLM
   * starts the sum of the residual stream in it. None where blocks have fewer heads already.
   *
   * @param hidden as in {@link #uniform}
   */
  static Optional<List<BlockWidth>> nemotron(List<BlockSurvey> blocks, int hidden) {
    int heads = most(blocks, BlockSurvey::allHeads);
    return IntStream.rangeClosed(1, heads)
        .filter(each -> each == heads || hidden % each == 0)
        .mapToObj(each -> nemotron(each, blocks))
        .flatMap(Optional::stream)
        .min(
            Comparator.comparingInt(
                widths -> widths.stream().mapToInt(w -> w.heads() + w.groups()).sum()));
  }

  private static Optional<List<BlockWidth>> nemotron(int heads, List<BlockSurvey> blocks) {
    List<BlockWidth> widths =
        blocks.stream().flatMap(each -> nemotron(heads, each).stream()).toList();
    return widths.size() == blocks.size() ? Optional.of(widths) : Optional.empty();
  }

  private static Optional<BlockWidth> nemotron(int heads, BlockSurvey block) {
    int neurons = neurons(block, false);
    boolean needed = block.constants().attention() || block.block() == 0;
    int left = atLeast(block.groupsLeft(), needed, block.allGroups());
    if (left == 0) {
      return Optional.of(new BlockWidth(neurons, 0, 0));
    }
    return IntStream.rangeClosed(left, block.allGroups())
        .filter(groups -> heads % groups == 0)
        .filter(groups -> heads / groups >= block.mostHeadsInGroup())
        .filter(groups -> heads / groups <= block.headsInGroup())
        .mapToObj(groups -> new BlockWidth(neurons, heads, groups))
        .findFirst();
  }

  private static int most(List<BlockSurvey> blocks, ToIntFunction<BlockSurvey> of) {
    return blocks.stream().mapToInt(of).max().orElse(0);
  }
}
