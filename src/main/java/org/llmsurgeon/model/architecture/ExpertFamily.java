package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.RotaryFields;
import org.llmsurgeon.model.fields.Written;

/** Mixtral and OLMoE: Llamas whose feed-forwards are mixtures of experts. */
final class ExpertFamily {
  static final List<Architecture> ALL =
      List.of(
          new Family(
                  "MixtralForCausalLM",
                  "mixtral",
                  "Mixtral 8x7B, 8x22B",
                  Set.of("num_local_experts", "sliding_window"),
                  ExpertFamily::mixtral)
              .with(Written.Trait.LOCAL_EXPERTS),
          new Family(
              "OlmoeForCausalLM",
              "olmoe",
              "OLMoE",
              Set.of("num_experts", "num_local_experts"),
              ExpertFamily::olmoe));

  private static final String NEURONS = "intermediate_size";

  private ExpertFamily() {}

  private static Decoder mixtral(ConfigFields fields) {
    LlamaFields.Standard standard =
        new LlamaFields.Standard(32000, 4096, 14336, 32, 32, 8, 0, 4096 * 32);
    Decoder decoder =
        LlamaFields.decoder("MixtralForCausalLM", fields, standard, 1e-5, ExpertFields.SIZES);
    int window = fields.size("sliding_window", 0);
    Experts.Names names =
        new Experts.Names(
            "block_sparse_moe.gate",
            "block_sparse_moe.experts.",
            Map.of(LinearRole.GATE, "w1", LinearRole.UP, "w3", LinearRole.DOWN, "w2"),
            null,
            null,
            ExpertFields.MERGED);
    return ExpertFields.mixed(
        fields,
        decoder
            .rotary(RotaryFields.read(fields, decoder.size(), 1e6))
            .layers(LlamaFields.window(decoder.size().blocks(), window)),
        new ExpertFields.Sizes(
            ExpertFields.count(fields, 8), NEURONS, decoder.size().feedForward(), 0, Set.of()),
        ExpertFields.experts(fields, 2, true, names));
  }

  private static Decoder olmoe(ConfigFields fields) {
    LlamaFields.Standard standard = new LlamaFields.Standard(50304, 2048, 2048, 16, 16, 0, 0, 4096);
    Decoder decoder =
        LlamaFields.decoder("OlmoeForCausalLM", fields, standard, 1e-5, ExpertFields.SIZES);
    boolean bias = fields.flag("attention_bias", false);
    return ExpertFields.mixed(
        fields,
        decoder
            .biases(bias, bias, false)
            .queryKeyNorms("self_attn.q_norm", "self_attn.k_norm", true),
        new ExpertFields.Sizes(
            ExpertFields.count(fields, 64), NEURONS, decoder.size().feedForward(), 0, Set.of()),
        ExpertFields.experts(fields, 8, ExpertFields.NAMES));
  }
}
