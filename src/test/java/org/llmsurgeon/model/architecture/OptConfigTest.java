package org.llmsurgeon.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collections;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.StreamStyle;

@DisplayName("An OPT configuration")
class OptConfigTest {
  private static ModelConfig parse(String json) {
    try {
      return Architectures.parse(new ObjectMapper().readTree(json), "config.json");
    } catch (com.fasterxml.jackson.core.JsonProcessingException broken) {
      throw new IllegalArgumentException(json, broken);
    }
  }

  @Test
  void hasTheDefaultsOfTransformers() {
    ModelConfig config = parse("{\"model_type\": \"opt\"}");
    assertThat(config.size()).isEqualTo(new ModelSize(50272, 768, 12, 12, 12, 64, 3072, 2048));
    assertThat(config.blocks()).isEqualTo(Collections.nCopies(12, new BlockSize(12, 12, 3072)));
    assertThat(config.stream()).isEqualTo(stream(768, Activation.RELU, true, true, true));
    assertThat(config.attention().inputBias()).isTrue();
    assertThat(config.attention().outputBias()).isTrue();
    assertThat(config.attention().positions(0)).isNull();
    assertThat(config.names().norms())
        .containsOnlyKeys(
            NormPlace.BEFORE_ATTENTION, NormPlace.BEFORE_FEED_FORWARD, NormPlace.LAST);
  }

  private static StreamStyle stream(
      int width, Activation activation, boolean bias, boolean weights, boolean tied) {
    return new StreamStyle(
        width,
        2,
        new StreamStyle.Scales(1, 1, 1, 0),
        false,
        tied,
        new StreamStyle.FeedForward(activation, bias),
        new StreamStyle.Norms(Norm.Kind.LAYER, weights, weights, false, 1e-5));
  }

  @Test
  void readsEveryField() {
    ModelConfig config =
        parse(
            """
            {"architectures": ["OPTForCausalLM"], "model_type": "opt", "vocab_size": 100,
             "hidden_size": 24, "ffn_dim": 40, "num_hidden_layers": 3, "num_attention_heads": 6,
             "max_position_embeddings": 64, "activation_function": "gelu_new",
             "do_layer_norm_before": false, "word_embed_proj_dim": 12, "enable_bias": false,
             "layer_norm_elementwise_affine": false, "tie_word_embeddings": false,
             "layerdrop": 0.5, "dropout": 0.1, "scale_embeddings": false}
            """);
    assertThat(config.size()).isEqualTo(new ModelSize(100, 24, 3, 6, 6, 4, 40, 64));
    assertThat(config.blocks()).isEqualTo(Collections.nCopies(3, new BlockSize(6, 6, 40)));
    assertThat(config.stream()).isEqualTo(stream(12, Activation.GELU_TANH, false, false, false));
    assertThat(config.attention().inputBias()).isFalse();
    assertThat(config.attention().outputBias()).isFalse();
    assertThat(config.names().norms())
        .containsOnlyKeys(NormPlace.AFTER_ATTENTION_SUM, NormPlace.AFTER_FEED_FORWARD_SUM);
  }

  @Test
  void hasNoFinalNormWhereItIsToldToRemoveIt() {
    assertThat(
            parse("{\"model_type\": \"opt\", \"_remove_final_layer_norm\": true}")
                .has(NormPlace.LAST))
        .isFalse();
  }

  @Test
  void listsItsLinearLayersInOrder() {
    assertThat(TinyModels.opt().linears().subList(6, 12))
        .containsExactly(
            layer("self_attn.q_proj", LinearRole.QUERY, 8, 8, "self_attn.q_proj"),
            layer("self_attn.k_proj", LinearRole.KEY, 8, 8, "self_attn.q_proj"),
            layer("self_attn.v_proj", LinearRole.VALUE, 8, 8, "self_attn.q_proj"),
            layer("self_attn.out_proj", LinearRole.OUTPUT, 8, 8, "self_attn.out_proj"),
            layer("fc1", LinearRole.UP, 12, 8, "fc1"),
            layer("fc2", LinearRole.DOWN, 8, 12, "fc2"));
  }

  private static LinearShape layer(
      String name, LinearRole role, int outputs, int inputs, String group) {
    String prefix = "model.decoder.layers.1.";
    return new LinearShape(
        prefix + name, 1, role, LinearShape.NO_EXPERT, outputs, inputs, true, prefix + group);
  }

  @Test
  void namesEveryTensorThatTheCheckpointMustHold() {
    assertThat(LanguageModel.tensors(TinyModels.opt()))
        .hasSize(2 + 2 * 16 + 2)
        .containsEntry("model.decoder.embed_tokens.weight", new int[] {11, 8})
        .containsEntry("model.decoder.embed_positions.weight", new int[] {18, 8})
        .containsEntry("model.decoder.layers.0.self_attn.out_proj.bias", new int[] {8})
        .containsEntry("model.decoder.layers.0.final_layer_norm.bias", new int[] {8})
        .containsEntry("model.decoder.final_layer_norm.weight", new int[] {8});
    ModelConfig projected =
        TinyModels.with(
            TinyModels.optJson(),
            "{\"word_embed_proj_dim\": 6, \"do_layer_norm_before\": false,"
                + " \"tie_word_embeddings\": false}");
    assertThat(LanguageModel.tensors(projected))
        .containsEntry("model.decoder.embed_tokens.weight", new int[] {11, 6})
        .containsEntry("model.decoder.project_in.weight", new int[] {8, 6})
        .containsEntry("model.decoder.project_out.weight", new int[] {6, 8})
        .containsEntry("lm_head.weight", new int[] {11, 6})
        .doesNotContainKey("model.decoder.final_layer_norm.weight");
  }
}
