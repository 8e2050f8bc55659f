package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.model.config.AttentionStyle;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.StreamStyle;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.RotaryFields;
import org.llmsurgeon.model.fields.Written;

/**
 * Gemma, Gemma 2 and Gemma 3 (text): scaled embeddings, gains around 1, and from the second on
 * norms before and after each sublayer and local attention between global ones.
 *
 * @param generation 1, 2 or 3
 */
record GemmaFamily(String name, String type, String models, int generation)
    implements Architecture {
  static final List<Architecture> ALL =
      List.of(
          new GemmaFamily("GemmaForCausalLM", "gemma", "Gemma", 1),
          new GemmaFamily("Gemma2ForCausalLM", "gemma2", "Gemma 2", 2),
          new GemmaFamily("Gemma3ForCausalLM", "gemma3_text", "Gemma 3 (text)", 3));

  @Override
  public Set<String> knows() {
    return generation == 1
        ? Set.of()
        : Set.of(
            "sliding_window",
            "layer_types",
            "query_pre_attn_scalar",
            "attn_logit_softcapping",
            "final_logit_softcapping");
  }

  @Override
  public Written written() {
    Written plain = Written.of(name);
    return generation == 3 ? plain.with(Written.Trait.TEXT_PART) : plain;
  }

  private LlamaFields.Standard standard() {
    return switch (generation) {
      case 1 -> new LlamaFields.Standard(256000, 3072, 24576, 28, 16, 16, 256, 8192);
      case 2 -> new LlamaFields.Standard(256000, 2304, 9216, 26, 8, 4, 256, 8192);
      default -> new LlamaFields.Standard(262208, 2304, 9216, 26, 8, 4, 256, 131072);
    };
  }

  @Override
  public ModelConfig read(ConfigFields fields) {
    ModelSize size = LlamaFields.size(fields, standard());
    boolean bias = fields.flag("attention_bias", false);
    String activation =
        generation == 1 && !fields.has("hidden_activation") ? "hidden_act" : "hidden_activation";
    Decoder decoder =
        new Decoder(name, size)
            .blocks(BlockFields.read(fields, size, LlamaFields.SIZES))
            .norms(
                new StreamStyle.Norms(
                    Norm.Kind.RMS, true, false, true, fields.positive("rms_norm_eps", 1e-6)))
            .activation(fields.activation(activation, "gelu_pytorch_tanh"))
            .biases(bias, bias, false)
            .scales(Math.sqrt(size.hidden()), 1, 1)
            .withBeginning()
            .tied(fields.flag("tie_word_embeddings", true));
    if (generation == 1) {
      return decoder.rotary(RotaryFields.read(fields, size)).config();
    }
    decoder
        .norm(NormPlace.AFTER_ATTENTION, "post_attention_layernorm")
        .norm(NormPlace.BEFORE_FEED_FORWARD, "pre_feedforward_layernorm")
        .norm(NormPlace.AFTER_FEED_FORWARD, "post_feedforward_layernorm");
    boolean second = generation == 2;
    double scale = 1 / Math.sqrt(fields.positive("query_pre_attn_scalar", 256));
    decoder
        .scores(scale, cap(fields, "attn_logit_softcapping", second ? 50 : 0))
        .logitCap(cap(fields, "final_logit_softcapping", second ? 30 : 0));
    return second ? second(fields, size, decoder) : third(fields, size, decoder);
  }

  private static double cap(ConfigFields fields, String name, double standard) {
    return fields.isAbsent(name) ? standard : fields.has(name) ? fields.positive(name, 0) : 0;
  }

  private static int window(ConfigFields fields) {
    return fields.isAbsent("sliding_window") ? 4096 : fields.size("sliding_window", 0);
  }

  private static ModelConfig second(ConfigFields fields, ModelSize size, Decoder decoder) {
    return decoder
        .rotary(RotaryFields.read(fields, size))
        .layers(LlamaFields.windows(fields, size.blocks(), window(fields), block -> block % 2 == 0))
        .config();
  }

  private static ModelConfig third(ConfigFields fields, ModelSize size, Decoder decoder) {
    int pattern = fields.size("sliding_window_pattern", 6);
    // Any window marks the local blocks; they have positions of their own whatever its size.
    List<AttentionStyle.Layer> local =
        LlamaFields.windows(fields, size.blocks(), 1, block -> (block + 1) % pattern != 0);
    int window = window(fields);
    return decoder
        .queryKeyNorms("self_attn.q_norm", "self_attn.k_norm", false)
        .rotary(
            RotaryFields.read(fields, size, "full_attention", 1e6),
            RotaryFields.readLocal(fields, size))
        .layers(
            local.stream()
                .map(
                    each ->
                        each.window() > 0
                            ? new AttentionStyle.Layer(window, 1)
                            : AttentionStyle.Layer.FULL)
                .collect(Collectors.toList()))
        .config();
  }
}
