package org.llmsurgeon.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;

@DisplayName("A configuration is refused")
class ModelConfigRefusalTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'architectures': ['BloomForCausalLM'], 'model_type': 'bloom'}",
        "{'architectures': ['LlamaForSequenceClassification'], 'model_type': 'llama'}",
        "{'architectures': null, 'model_type': 'deepseek_v3'}",
        "{'architectures': [], 'model_type': null}"
      })
  void forAnUnknownArchitectureListingThoseThatAreKnown(String changes) {
    assertThatThrownBy(() -> TinyModels.with(TinyModels.llamaJson(), json(changes)))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("config.json: ")
        .hasMessageContaining(
            "supported are LlamaForCausalLM, DeciLMForCausalLM, MistralForCausalLM");
  }

  @Test
  void sayingWhichIsTheNearestAndWhatDiffers() {
    String changes =
        json("{'architectures': ['NewForCausalLM'], 'model_type': 'new', 'n_routed_experts': 8}");
    assertThatThrownBy(() -> TinyModels.with(TinyModels.llamaJson(), changes))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("\"NewForCausalLM\" is not supported (nearest is LlamaForCausalLM")
        .hasMessageContaining("which has no n_routed_experts");
  }

  /** Also of one that has little in common with any, or nothing: never silence. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'d_model': 16, 'n_ssm': 2           | (its fields are those of no other); supported are",
        "'vocab_size': 9, 'd_inner': 8       | ForCausalLM, and shares only vocab_size); supp",
        "'vocab_size': 9, 'alibi': true         | which has no alibi, and shares only vocab_size)"
      })
  void sayingWhatLittleIsAlike(String fields, String said) throws Exception {
    JsonNode config =
        new ObjectMapper().readTree(json("{'architectures': ['StateSpaceModel'], " + fields + "}"));
    assertThatThrownBy(() -> Architectures.parse(config, "config.json"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("config.json: architecture \"StateSpaceModel\" is not supported (")
        .hasMessageContaining(said)
        .hasMessageContaining("LlamaForCausalLM");
  }

  @Test
  void sayingWhichOfItsKindAreSupported() {
    String changes =
        json("{'architectures': ['LlamaForTokenClassification'], 'n_routed_experts': 8}");
    assertThatThrownBy(() -> TinyModels.with(TinyModels.llamaJson(), changes))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("; of \"llama\" these are: LlamaForCausalLM, which has no ")
        .hasMessageContaining("n_routed_experts");
  }

  @Test
  void whereArchitectureAndTypeContradictEachOther() {
    assertThatThrownBy(() -> TinyModels.with(TinyModels.llamaJson(), json("{'model_type': 'opt'}")))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("LlamaForCausalLM", "\"opt\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "quantization_config      | {'quant_method': 'gptq'}",
        "compression_config       | {'format': 'int'}",
        "is_encoder_decoder       | true",
        "add_cross_attention      | true",
        "use_bidirectional_attention | true",
        "is_causal                | false",
        "attention_chunk_size     | 8192",
        "layer_types              | ['full_attention', 'sliding_attention']",
        "no_rope_layers           | [1, 0]",
        "partial_rotary_factor    | 0.5",
        "rotary_pct               | 0.25",
        "rope_interleaved         | true",
        "alibi                    | true",
        "attn_logit_softcapping   | 50.0",
        "final_logit_softcapping  | 30.0",
        "query_pre_attn_scalar    | 256",
        "attention_multiplier     | 0.5",
        "embedding_multiplier     | 12.0",
        "scale_embeddings         | true",
        "residual_multiplier      | 0.22",
        "logits_scaling           | 8.0",
        "logit_scale              | 0.0625",
        "use_qk_norm              | true",
        "qk_layernorm             | true",
        "clip_qkv                 | 8.0",
        "use_parallel_residual    | true",
        "parallel_attn            | true",
        "num_local_experts        | 8",
        "num_experts              | 60",
        "n_routed_experts         | 64",
        "block_configs            | [{'ffn': {}}]",
        "pruned_heads             | {'0': [1]}"
      })
  void forAFieldThatChangesTheArithmetic(String field, String value) {
    String changes = json("{'%s': %s}".formatted(field, value));
    assertThatThrownBy(() -> TinyModels.with(TinyModels.llamaJson(), changes))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("config.json: field \"" + field + "\" (")
        .hasMessageContaining("is not supported");
    assertThatThrownBy(() -> TinyModels.with(TinyModels.optJson(), changes))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(field);
  }

  @Test
  void notForSuchAFieldWithTheValueThatChangesNothing() {
    String neutral =
        """
        {'quantization_config': null, 'is_encoder_decoder': false, 'sliding_window': null,
         'layer_types': ['full_attention', 'full_attention'], 'partial_rotary_factor': 1.0,
         'embedding_multiplier': 1, 'num_local_experts': 0, 'pruned_heads': {}, 'alibi': false,
         'use_bidirectional_attention': false, 'is_causal': true,
         'no_rope_layers': [], 'unheard_of': 3}
        """;
    assertThat(TinyModels.with(TinyModels.llamaJson(), json(neutral)))
        .isEqualTo(TinyModels.llama());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "distilbert", "roberta", "vit", "deit", "deit-teacher"})
  void notAnEncoderThatSaysOfItselfThatItSeesInBothDirections(String name) throws IOException {
    try (ReferenceModel reference = ReferenceModel.open(name)) {
      ObjectNode saying = reference.json().deepCopy();
      assertThat(Architectures.parse(saying.put("is_causal", false), "config.json"))
          .isEqualTo(Architectures.parse(reference.json(), "config.json"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'rope_scaling': {'type': 'dynamic'}}                       | rope_scaling.factor",
        "{'rope_scaling': {'rope_type': 'ntk'}}                      | rope_scaling.rope_type",
        "{'rope_parameters': {'rope_type': 'longrope'}}    | rope_parameters.short_factor",
        "{'per_layer_config': {'2': {}}}                   | per_layer_config",
        "{'per_layer_config': {'1': {'hidden_act': 'relu'}}} | per_layer_config.1.hidden_act",
        "{'per_layer_config': {'1': {'num_attention_heads': 3}}} | per_layer_config.1",
        "{'rope_scaling': {'type': 'linear'}}                        | rope_scaling.factor",
        "{'rope_scaling': {'type': 'linear', 'factor': 0}}           | rope_scaling.factor",
        "{'rope_scaling': {'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 1}}"
            + " | rope_scaling.high_freq_factor",
        "{'rope_scaling': {'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 4,"
            + " 'high_freq_factor': 4}} | rope_scaling.high_freq_factor",
        "{'rope_parameters': {'partial_rotary_factor': 0.5}}"
            + " | rope_parameters.partial_rotary_factor",
        "{'rope_scaling': 'linear'}            | rope_scaling",
        "{'rope_theta': -1}                    | rope_theta",
        "{'rms_norm_eps': '1e-5'}              | rms_norm_eps",
        "{'hidden_size': 8.5}                  | hidden_size",
        "{'hidden_size': 0}                    | hidden_size",
        "{'num_hidden_layers': 'two'}          | num_hidden_layers",
        "{'num_hidden_layers': 2000000000}     | num_hidden_layers",
        "{'vocab_size': 3000000000}            | vocab_size",
        "{'tie_word_embeddings': 1}            | tie_word_embeddings",
        "{'hidden_act': 'mish'}                | hidden_act",
        "{'num_key_value_heads': 3}            | num_key_value_heads",
        "{'num_attention_heads': 3, 'num_key_value_heads': 1, 'head_dim': null} | hidden_size",
        "{'head_dim': 3}                       | 3 dimensions",
        "{'architectures': 'LlamaForCausalLM'} | architectures"
      })
  void forAValueThatCannotBeNamingTheField(String changes, String field) {
    assertThatThrownBy(() -> TinyModels.with(TinyModels.llamaJson(), json(changes)))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("config.json: ")
        .hasMessageContaining(field);
  }

  @ParameterizedTest
  @ValueSource(strings = {"num_attention_heads", "ffn_dim", "activation_function", "enable_bias"})
  void forAnOptValueOfTheWrongKind(String field) {
    assertThatThrownBy(
            () -> TinyModels.with(TinyModels.optJson(), json("{'%s': []}".formatted(field))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(field);
  }

  @Test
  void whereOptHeadsDoNotDivideTheWidth() {
    assertThatThrownBy(
            () -> TinyModels.with(TinyModels.optJson(), json("{'num_attention_heads': 3}")))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("hidden_size", "num_attention_heads");
  }

  @Test
  void whereItIsNoObject() {
    assertThatThrownBy(
            () ->
                Architectures.parse(
                    com.fasterxml.jackson.databind.node.IntNode.valueOf(3), "some/config.json"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("some/config.json");
  }

  private static String json(String quoted) {
    return quoted.replace('\'', '"');
  }
}
