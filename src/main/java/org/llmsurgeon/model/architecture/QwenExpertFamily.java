package org.llmsurgeon.model.architecture;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.llmsurgeon.model.config.AttentionStyle;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.Written;

/** Qwen 2 and 3 with experts: some blocks may have none, others a feed-forward beside them. */
final class QwenExpertFamily {
  static final List<Architecture> ALL =
      List.of(
          new Family(
                  "Qwen2MoeForCausalLM",
                  "qwen2_moe",
                  "Qwen 1.5 and 2 with experts",
                  Set.of("num_experts", "num_local_experts", "sliding_window", "layer_types"),
                  QwenExpertFamily::qwen2)
              .with(Written.Trait.OWN_EXPERT_WIDTH),
          new Family(
                  "Qwen3MoeForCausalLM",
                  "qwen3_moe",
                  "Qwen 3 with experts",
                  Set.of("num_experts", "num_local_experts", "sliding_window"),
                  QwenExpertFamily::qwen3)
              .with(Written.Trait.OWN_EXPERT_WIDTH));

  private QwenExpertFamily() {}

  /** Blocks of a Qwen that have no experts. */
  private static Set<Integer> plain(ConfigFields fields, int blocks) {
    List<Integer> listed = fields.counts("mlp_only_layers");
    int step = fields.size("decoder_sparse_step", 1);
    Set<Integer> plain = new HashSet<>(listed == null ? List.of() : listed);
    for (int block = 0; block < blocks; block++) {
      if ((block + 1) % step != 0) {
        plain.add(block);
      }
    }
    return plain;
  }

  /** Every other block has a window, as far as they may have one. */
  private static List<AttentionStyle.Layer> windows(ConfigFields fields, int blocks) {
    int window = window(fields);
    int to = fields.count("max_window_layers", 28);
    return LlamaFields.windows(fields, blocks, window, block -> block % 2 == 0 && block < to);
  }

  private static int window(ConfigFields fields) {
    int window = fields.isAbsent("sliding_window") ? 4096 : fields.count("sliding_window", 0);
    return fields.flag("use_sliding_window", false) ? window : 0;
  }

  private static Decoder qwen2(ConfigFields fields) {
    LlamaFields.Standard standard =
        new LlamaFields.Standard(151936, 2048, 5632, 24, 16, 16, 0, 32768);
    Decoder decoder =
        LlamaFields.decoder("Qwen2MoeForCausalLM", fields, standard, 1e-6, ExpertFields.SIZES);
    int blocks = decoder.size().blocks();
    Experts.Names names =
        new Experts.Names(
            ExpertFields.NAMES.router(),
            ExpertFields.NAMES.experts(),
            ExpertFields.PROJECTIONS,
            "mlp.shared_expert.",
            "mlp.shared_expert_gate",
            ExpertFields.MERGED);
    return ExpertFields.mixed(
        fields,
        decoder.biases(fields.flag("qkv_bias", true), false, false).layers(windows(fields, blocks)),
        new ExpertFields.Sizes(
            ExpertFields.count(fields, 60),
            ExpertFields.WIDTH,
            fields.size(ExpertFields.WIDTH, 1408),
            fields.size(ExpertFields.SHARED, 5632),
            plain(fields, blocks)),
        ExpertFields.experts(fields, 4, names));
  }

  private static Decoder qwen3(ConfigFields fields) {
    LlamaFields.Standard standard =
        new LlamaFields.Standard(151936, 2048, 6144, 24, 32, 4, 0, 32768);
    Decoder decoder =
        LlamaFields.decoder("Qwen3MoeForCausalLM", fields, standard, 1e-6, ExpertFields.SIZES);
    int blocks = decoder.size().blocks();
    boolean bias = fields.flag("attention_bias", false);
    return ExpertFields.mixed(
        fields,
        decoder
            .biases(bias, bias, false)
            .queryKeyNorms("self_attn.q_norm", "self_attn.k_norm", false)
            .layers(LlamaFields.window(blocks, window(fields))),
        new ExpertFields.Sizes(
            ExpertFields.count(fields, 128),
            ExpertFields.WIDTH,
            fields.size(ExpertFields.WIDTH, 768),
            0,
            plain(fields, blocks)),
        ExpertFields.experts(fields, 8, ExpertFields.NAMES));
  }
}
