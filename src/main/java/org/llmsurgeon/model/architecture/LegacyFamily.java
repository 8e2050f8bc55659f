package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Set;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.StreamStyle;
import org.llmsurgeon.model.config.TensorNames;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.RotaryFields;
import org.llmsurgeon.model.fields.UngroupedFields;
import org.llmsurgeon.model.fields.Written;

/** OPT, GPT-2 and GPT-NeoX: layer norms, plain feed-forwards, biases. */
final class LegacyFamily {
  private static final String GPT2 = "GPT2LMHeadModel";

  private static final BlockFields.Names OPT_SIZES =
      new BlockFields.Names("num_attention_heads", null, "ffn_dim");
  private static final BlockFields.Names GPT2_SIZES =
      new BlockFields.Names("n_head", null, "n_inner");

  static final List<Architecture> ALL =
      List.of(
          new Family("OPTForCausalLM", "opt", "OPT, Galactica", Set.of(), LegacyFamily::opt)
              .sized(OPT_SIZES)
              .with(Written.Trait.WHOLE_HEADS),
          new Family(
              GPT2,
              "gpt2",
              "GPT-2, DistilGPT-2",
              Set.of(),
              Written.of(GPT2)
                  .called("LMHeadModel", "AutoModelForCausalLM")
                  .sized(GPT2_SIZES)
                  .with(Written.Trait.WHOLE_HEADS),
              LegacyFamily::gpt2),
          new Family(
                  "GPTNeoXForCausalLM",
                  "gpt_neox",
                  "Pythia, GPT-NeoX 20B, Dolly 2",
                  Set.of("rotary_pct", "partial_rotary_factor", "use_parallel_residual"),
                  LegacyFamily::neox)
              .sized(UngroupedFields.NAMES)
              .with(Written.Trait.WHOLE_HEADS));

  private LegacyFamily() {}

  private static Decoder opt(ConfigFields fields) {
    ModelSize size =
        UngroupedFields.size(
            fields, UngroupedFields.names("ffn_dim"), 50272, 768, 12, 12, 3072, 2048);
    boolean before = fields.flag("do_layer_norm_before", true);
    boolean biases = fields.flag("enable_bias", true);
    boolean last = before && !fields.flag("_remove_final_layer_norm", false);
    boolean gains = fields.flag("layer_norm_elementwise_affine", true);
    return new Decoder("OPTForCausalLM", size)
        .blocks(BlockFields.read(fields, size, OPT_SIZES))
        .names(
            "model.",
            "model.decoder.embed_tokens.weight",
            "model.decoder.layers.",
            "lm_head.weight")
        .learnedPositions("model.decoder.embed_positions.weight", 2)
        .projected("model.decoder.project_", fields.size("word_embed_proj_dim", size.hidden()))
        .attention("self_attn.", "q_proj", "k_proj", "v_proj", "out_proj")
        .plain("", "fc1", "fc2")
        .normsAfterLayers()
        .norms(new StreamStyle.Norms(Norm.Kind.LAYER, gains, gains, false, 1e-5))
        .norm(NormPlace.BEFORE_ATTENTION, before ? "self_attn_layer_norm" : null)
        .norm(NormPlace.BEFORE_FEED_FORWARD, before ? "final_layer_norm" : null)
        .norm(NormPlace.AFTER_ATTENTION_SUM, before ? null : "self_attn_layer_norm")
        .norm(NormPlace.AFTER_FEED_FORWARD_SUM, before ? null : "final_layer_norm")
        .norm(NormPlace.LAST, last ? "model.decoder.final_layer_norm" : null)
        .biases(biases, biases, biases)
        .activation(fields.activation("activation_function", "relu"))
        .tied(fields.flag("tie_word_embeddings", true));
  }

  private static Decoder gpt2(ConfigFields fields) {
    String[] names = {"vocab_size", "n_embd", "n_layer", "n_head", "n_inner", "n_positions"};
    ModelSize size = UngroupedFields.size(fields, names, 50257, 768, 12, 12, 0, 1024);
    if (fields.flag("scale_attn_by_inverse_layer_idx", false)) {
      throw fields.wrong("scale_attn_by_inverse_layer_idx", "false");
    }
    boolean scaled = fields.flag("scale_attn_weights", true);
    return new Decoder(GPT2, size)
        .blocks(BlockFields.read(fields, size, GPT2_SIZES))
        .names("transformer.", "transformer.wte.weight", "transformer.h.", "lm_head.weight")
        .learnedPositions("transformer.wpe.weight", 0)
        .attention("attn.", "c_attn.query", "c_attn.key", "c_attn.value", "c_proj")
        .plain("mlp.", "c_fc", "c_proj")
        .fused(TensorNames.Fusion.STACKED, true)
        .layerNorms(fields.positive("layer_norm_epsilon", 1e-5))
        .norm(NormPlace.BEFORE_ATTENTION, "ln_1")
        .norm(NormPlace.BEFORE_FEED_FORWARD, "ln_2")
        .norm(NormPlace.LAST, "transformer.ln_f")
        .biases(true, true, true)
        .scores(scaled ? 1 / Math.sqrt(size.headDimension()) : 1, 0)
        .activation(fields.activation("activation_function", "gelu_new"))
        .tied(fields.flag("tie_word_embeddings", true));
  }

  private static Decoder neox(ConfigFields fields) {
    ModelSize size =
        UngroupedFields.size(
            fields, UngroupedFields.names("intermediate_size"), 50432, 6144, 44, 64, 24576, 2048);
    boolean bias = fields.flag("attention_bias", true);
    return new Decoder("GPTNeoXForCausalLM", size)
        .blocks(BlockFields.read(fields, size, UngroupedFields.NAMES))
        .names("gpt_neox.", "gpt_neox.embed_in.weight", "gpt_neox.layers.", "embed_out.weight")
        .rotary(RotaryFields.readNeoX(fields, size))
        .attention(
            "attention.",
            "query_key_value.query",
            "query_key_value.key",
            "query_key_value.value",
            "dense")
        .plain("mlp.", "dense_h_to_4h", "dense_4h_to_h")
        .fused(TensorNames.Fusion.BY_GROUP, false)
        .layerNorms(fields.positive("layer_norm_eps", 1e-5))
        .norm(NormPlace.LAST, "gpt_neox.final_layer_norm")
        .parallel(fields.flag("use_parallel_residual", true))
        .biases(bias, bias, true)
        .activation(fields.activation("hidden_act", "gelu"))
        .tied(fields.flag("tie_word_embeddings", false));
  }
}
