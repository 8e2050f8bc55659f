package org.llmsurgeon.model.architecture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;

/** Reads what all architectures with mixtures of experts spell alike. */
final class ExpertFields {
  static final Map<LinearRole, String> PROJECTIONS =
      Map.of(LinearRole.GATE, "gate_proj", LinearRole.UP, "up_proj", LinearRole.DOWN, "down_proj");

  static final Experts.Merged MERGED =
      new Experts.Merged("mlp.experts.gate_up_proj", "mlp.experts.down_proj", "mlp.gate");

  static final Experts.Names NAMES =
      new Experts.Names("mlp.gate", "mlp.experts.", PROJECTIONS, null, null, MERGED);

  /** Sizes that blocks may say themselves. */
  static final BlockFields.Names SIZES =
      LlamaFields.SIZES.and(
          Set.of(
              "num_experts",
              "num_local_experts",
              "moe_intermediate_size",
              "shared_expert_intermediate_size"));

  static final String SHARED = "shared_expert_intermediate_size";
  static final String WIDTH = "moe_intermediate_size";

  private ExpertFields() {}

  /**
   * Gives blocks their experts.
   *
   * @param all how many experts of what width, and the width of what all tokens go through; and in
   *     which blocks
   */
  static Decoder mixed(ConfigFields fields, Decoder decoder, Sizes all, Experts experts) {
    requireEnough(fields, all.count(), experts);
    Map<Integer, ConfigFields> own = BlockFields.own(fields, decoder.size().blocks());
    List<BlockSize> blocks = new ArrayList<>();
    for (BlockSize block : decoder.blocks()) {
      int index = blocks.size();
      boolean plain = all.plain().contains(index);
      blocks.add(
          plain
              ? block
              : own.containsKey(index)
                  ? mixed(own.get(index), block, all, experts)
                  : block.with(all.shared(), Collections.nCopies(all.count(), all.width())));
    }
    return decoder.blocks(blocks).experts(experts);
  }

  /** A block with its experts, of which it may say the sizes itself. */
  private static BlockSize mixed(ConfigFields sizes, BlockSize block, Sizes all, Experts experts) {
    int count = count(sizes, all.count());
    requireEnough(sizes, count, experts);
    int width = sizes.size(all.field(), all.width());
    int shared = all.shared() == 0 ? 0 : sizes.size(SHARED, all.shared());
    return block.with(shared, Collections.nCopies(count, width));
  }

  private static void requireEnough(ConfigFields fields, int count, Experts experts) {
    if (experts.perToken() > count) {
      throw fields.contradiction(
          "\"num_experts_per_tok\" is %d, but there are %d experts"
              .formatted(experts.perToken(), count));
    }
  }

  /**
   * @param count experts of a block
   * @param field name of the field that says the width
   * @param width neurons of an expert
   * @param shared neurons of what all tokens go through
   * @param plain blocks without experts
   */
  record Sizes(int count, String field, int width, int shared, Set<Integer> plain) {}

  /** Transformers 5 writes the number of experts under its general name. */
  static int count(ConfigFields fields, int standard) {
    return fields.size("num_experts", fields.size("num_local_experts", standard));
  }

  static Experts experts(ConfigFields fields, int perToken, Experts.Names names) {
    return experts(fields, perToken, fields.flag("norm_topk_prob", false), names);
  }

  static Experts experts(
      ConfigFields fields, int perToken, boolean normalised, Experts.Names names) {
    return new Experts(
        fields.size("num_experts_per_tok", perToken),
        normalised,
        fields.flag(Experts.EMPTY_GONE, false),
        names);
  }
}
