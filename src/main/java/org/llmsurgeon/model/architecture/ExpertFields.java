package org.llmsurgeon.model.architecture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.fields.ConfigFields;

/** Reads what all architectures with mixtures of experts spell alike. */
final class ExpertFields {
  static final Map<LinearRole, String> PROJECTIONS =
      Map.of(LinearRole.GATE, "gate_proj", LinearRole.UP, "up_proj", LinearRole.DOWN, "down_proj");

  static final Experts.Merged MERGED =
      new Experts.Merged("mlp.experts.gate_up_proj", "mlp.experts.down_proj", "mlp.gate");

  static final Experts.Names NAMES =
      new Experts.Names("mlp.gate", "mlp.experts.", PROJECTIONS, null, null, MERGED);

  private ExpertFields() {}

  /**
   * Gives blocks their experts.
   *
   * @param all how many experts of what width, and the width of what all tokens go through; and in
   *     which blocks
   */
  static Decoder mixed(ConfigFields fields, Decoder decoder, Sizes all, Experts experts) {
    if (experts.perToken() > all.count()) {
      throw fields.contradiction(
          "\"num_experts_per_tok\" is %d, but there are %d experts"
              .formatted(experts.perToken(), all.count()));
    }
    List<BlockSize> blocks = new ArrayList<>();
    for (BlockSize block : decoder.blocks()) {
      boolean plain = all.plain().contains(blocks.size());
      List<Integer> widths = Collections.nCopies(all.count(), all.width());
      blocks.add(plain ? block : block.with(all.shared(), widths));
    }
    return decoder.blocks(blocks).experts(experts);
  }

  /**
   * @param count experts of a block
   * @param width neurons of an expert
   * @param shared neurons of what all tokens go through
   * @param plain blocks without experts
   */
  record Sizes(int count, int width, int shared, Set<Integer> plain) {}

  /** Transformers 5 writes the number of experts under its general name. */
  static int count(ConfigFields fields, int standard) {
    return fields.size("num_experts", fields.size("num_local_experts", standard));
  }

  static Experts experts(ConfigFields fields, int perToken, Experts.Names names) {
    return new Experts(
        fields.size("num_experts_per_tok", perToken), fields.flag("norm_topk_prob", false), names);
  }
}
