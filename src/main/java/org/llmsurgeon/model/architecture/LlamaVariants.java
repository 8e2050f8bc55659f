package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Set;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.TensorNames;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.RotaryFields;
import org.llmsurgeon.model.fields.Written;

/** Architectures that have Llama's layers under other names, with other norms or multipliers. */
final class LlamaVariants {
  static final List<Architecture> ALL =
      List.of(
          new Family(
                  "Phi3ForCausalLM",
                  "phi3",
                  "Phi-3, Phi-3.5, Phi-4",
                  Set.of("sliding_window", "partial_rotary_factor"),
                  LlamaVariants::phi3)
              .with(Written.Trait.WHOLE_HEADS),
          new Family(
              "GraniteForCausalLM",
              "granite",
              "Granite 3",
              Set.of(
                  "embedding_multiplier",
                  "attention_multiplier",
                  "residual_multiplier",
                  "logits_scaling"),
              LlamaVariants::granite),
          new Family("Olmo2ForCausalLM", "olmo2", "OLMo 2", Set.of(), LlamaVariants::olmo2),
          new Family(
                  "StableLmForCausalLM",
                  "stablelm",
                  "StableLM 2, 3B",
                  Set.of("partial_rotary_factor", "use_parallel_residual"),
                  LlamaVariants::stablelm)
              .with(Written.Trait.WHOLE_HEADS));

  private LlamaVariants() {}

  private static Decoder phi3(ConfigFields fields) {
    Decoder decoder =
        LlamaFields.decoder(
            "Phi3ForCausalLM",
            fields,
            new LlamaFields.Standard(32064, 3072, 8192, 32, 32, 0, 0, 4096),
            1e-5);
    return decoder
        .rotary(RotaryFields.readPart(fields, decoder.size(), 1))
        .attention("self_attn.", "qkv_proj.query", "qkv_proj.key", "qkv_proj.value", "o_proj")
        .gated("mlp.", "gate_up_proj.gate", "gate_up_proj.up", "down_proj")
        .fused(TensorNames.Fusion.STACKED, false)
        .layers(
            LlamaFields.window(
                fields.blocks("num_hidden_layers", 32), fields.size("sliding_window", 0)));
  }

  private static Decoder granite(ConfigFields fields) {
    Decoder decoder =
        LlamaFields.decoder(
            "GraniteForCausalLM",
            fields,
            new LlamaFields.Standard(32000, 4096, 11008, 32, 32, 0, 0, 2048),
            1e-6);
    return LlamaFields.biases(fields, decoder)
        .scores(fields.positive("attention_multiplier", 1), 0)
        .scales(
            fields.positive("embedding_multiplier", 1),
            fields.positive("residual_multiplier", 1),
            1 / fields.positive("logits_scaling", 1));
  }

  private static Decoder olmo2(ConfigFields fields) {
    Decoder decoder =
        LlamaFields.decoder(
            "Olmo2ForCausalLM",
            fields,
            new LlamaFields.Standard(50304, 4096, 11008, 32, 32, 0, 0, 2048),
            1e-5);
    boolean bias = fields.flag("attention_bias", false);
    return decoder
        .biases(bias, bias, false)
        .norm(NormPlace.BEFORE_ATTENTION, null)
        .norm(NormPlace.BEFORE_FEED_FORWARD, null)
        .norm(NormPlace.AFTER_ATTENTION, "post_attention_layernorm")
        .norm(NormPlace.AFTER_FEED_FORWARD, "post_feedforward_layernorm")
        .queryKeyNorms("self_attn.q_norm", "self_attn.k_norm", true);
  }

  private static Decoder stablelm(ConfigFields fields) {
    Decoder decoder =
        LlamaFields.decoder(
            "StableLmForCausalLM",
            fields,
            new LlamaFields.Standard(50304, 2560, 6912, 32, 32, 32, 0, 4096),
            1e-6);
    boolean parallel = fields.flag("use_parallel_residual", false);
    return decoder
        .rotary(RotaryFields.readPart(fields, decoder.size(), 0.25))
        .layerNorms(fields.positive("layer_norm_eps", 1e-5))
        .biases(fields.flag("use_qkv_bias", false), false, false)
        .parallel(parallel)
        .norm(
            NormPlace.BEFORE_FEED_FORWARD,
            parallel ? "input_layernorm" : "post_attention_layernorm");
  }
}
