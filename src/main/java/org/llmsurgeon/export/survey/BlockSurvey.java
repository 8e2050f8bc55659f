package org.llmsurgeon.export.survey;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;

/**
 * What is left of a block.
 *
 * @param block its index, from 0
 * @param headDimension width of a head
 * @param matrices the linear layers that all tokens go through, by what they do
 * @param experts its mixture of experts; empty where it has none
 * @param neurons neurons of the feed-forward whose output depends on the input
 * @param heads query heads likewise
 * @param constants what it says whatever the input
 */
public record BlockSurvey(
    int block,
    int headDimension,
    Map<LinearRole, Matrix> matrices,
    List<Expert> experts,
    BitSet neurons,
    BitSet heads,
    Constants constants) {
  /**
   * What a block says whatever the input.
   *
   * @param neurons what each of the neurons says whose output does not depend on it; 0 for the
   *     others
   * @param heads the same for each dimension of each query head
   * @param attention whether the attention adds something to the residual stream whatever it reads,
   *     which no other bias can take up
   * @param feedForward whether the feed-forward does
   */
  public record Constants(
      double[] neurons, double[] heads, boolean attention, boolean feedForward) {}

  /**
   * A linear layer.
   *
   * @param shape its name and size
   * @param lines which of its lines are not zero
   */
  public record Matrix(LinearShape shape, ZeroLines lines) {}

  /**
   * An expert.
   *
   * @param matrices its linear layers
   * @param neurons those whose output depends on the input
   * @param gone whether no token is sent to it
   */
  public record Expert(Map<LinearRole, Matrix> matrices, BitSet neurons, boolean gone) {
    /** Neurons as they are. */
    public int allNeurons() {
      return matrices.get(LinearRole.DOWN).shape().inputs();
    }
  }

  /** All linear layers, those of experts last. */
  public List<Matrix> all() {
    List<Matrix> all = new ArrayList<>(matrices.values());
    experts.forEach(each -> all.addAll(each.matrices().values()));
    return all;
  }

  /** The experts that tokens are sent to, ascending. */
  public int[] expertsLeft() {
    return IntStream.range(0, experts.size()).filter(each -> !experts.get(each).gone()).toArray();
  }

  /** Neurons of an expert as they are; 0 where there is none. */
  public int expertNeurons() {
    return experts.isEmpty() ? 0 : experts.get(0).allNeurons();
  }

  /**
   * The same block, of which the sublayers must stay or not for what they add whatever they read.
   */
  BlockSurvey withConstants(boolean ofAttention, boolean ofFeedForward) {
    return new BlockSurvey(
        block,
        headDimension,
        matrices,
        experts,
        neurons,
        heads,
        new Constants(constants.neurons(), constants.heads(), ofAttention, ofFeedForward));
  }

  /** Neurons of the feed-forward as it is. */
  public int allNeurons() {
    return constants.neurons().length;
  }

  /** Query heads as they are. */
  public int allHeads() {
    return constants.heads().length / headDimension;
  }

  /** Key and value heads as they are. */
  public int allGroups() {
    return matrices.containsKey(LinearRole.KEY)
        ? matrices.get(LinearRole.KEY).shape().outputs() / headDimension
        : 0;
  }

  /** Query heads of each key and value head. */
  public int headsInGroup() {
    return allGroups() == 0 ? 0 : allHeads() / allGroups();
  }

  /** Query heads of a group that are left. */
  public int left(int group) {
    int first = group * headsInGroup();
    return heads.get(first, first + headsInGroup()).cardinality();
  }

  /** Groups of which a query head is left. */
  public int groupsLeft() {
    int left = 0;
    for (int group = 0; group < allGroups(); group++) {
      left += left(group) > 0 ? 1 : 0;
    }
    return left;
  }

  /** The most query heads that are left in a group. */
  public int mostHeadsInGroup() {
    int most = 0;
    for (int group = 0; group < allGroups(); group++) {
      most = Math.max(most, left(group));
    }
    return most;
  }
}
