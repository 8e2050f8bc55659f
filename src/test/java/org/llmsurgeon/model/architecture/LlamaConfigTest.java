package org.llmsurgeon.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.AttentionStyle;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.RotaryPositions;
import org.llmsurgeon.model.config.RotaryScaling;
import org.llmsurgeon.model.config.StreamStyle;

@DisplayName("A Llama configuration")
class LlamaConfigTest {
  private static ModelConfig parse(String json) {
    try {
      return Architectures.parse(new ObjectMapper().readTree(json), "config.json");
    } catch (com.fasterxml.jackson.core.JsonProcessingException broken) {
      throw new IllegalArgumentException(json, broken);
    }
  }

  @Test
  void hasTheDefaultsOfTransformers() {
    ModelConfig config = parse("{\"architectures\": [\"LlamaForCausalLM\"]}");
    assertThat(config.size()).isEqualTo(new ModelSize(32000, 4096, 32, 32, 32, 128, 11008, 2048));
    assertThat(config.blocks()).isEqualTo(Collections.nCopies(32, new BlockSize(32, 32, 11008)));
    assertThat(config.attention()).isEqualTo(attention(1 / Math.sqrt(128), false, 10000, 128, 32));
    assertThat(config.stream()).isEqualTo(stream(4096, Activation.SILU, 1e-6, false, false));
    assertThat(parse("{\"model_type\": \"llama\"}")).isEqualTo(config);
    assertThat(config.architecture()).isEqualTo("LlamaForCausalLM");
  }

  @Test
  void readsEveryField() {
    ModelConfig config =
        parse(
            """
            {"model_type": "llama", "vocab_size": 100, "hidden_size": 24, "intermediate_size": 40,
             "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2,
             "head_dim": 10, "max_position_embeddings": 64, "hidden_act": "gelu",
             "rms_norm_eps": 0.5, "rope_theta": 500000, "attention_bias": true, "mlp_bias": true,
             "tie_word_embeddings": true, "torch_dtype": "bfloat16", "sliding_window": null,
             "attention_dropout": 0.1, "use_cache": false, "pretraining_tp": 2}
            """);
    assertThat(config.size()).isEqualTo(new ModelSize(100, 24, 3, 6, 2, 10, 40, 64));
    assertThat(config.blocks()).isEqualTo(Collections.nCopies(3, new BlockSize(6, 2, 40)));
    assertThat(config.attention()).isEqualTo(attention(1 / Math.sqrt(10), true, 500000, 10, 3));
    assertThat(config.stream()).isEqualTo(stream(24, Activation.GELU, 0.5, true, true));
  }

  private static AttentionStyle attention(
      double scale, boolean bias, double theta, int dimensions, int blocks) {
    return new AttentionStyle(
        scale,
        0,
        bias,
        bias,
        List.of(new RotaryPositions(theta, dimensions, new RotaryScaling.None())),
        Collections.nCopies(blocks, new AttentionStyle.Layer(0, 0)),
        false,
        true);
  }

  private static StreamStyle stream(
      int width, Activation activation, double epsilon, boolean bias, boolean tied) {
    return new StreamStyle(
        width,
        0,
        new StreamStyle.Scales(1, 1, 1, 0),
        false,
        tied,
        new StreamStyle.FeedForward(activation, bias),
        new StreamStyle.Norms(Norm.Kind.RMS, true, false, false, epsilon));
  }

  @Test
  void treatsNullAsAbsent() {
    ModelConfig config =
        parse(
            """
            {"model_type": "llama", "hidden_size": 24, "num_attention_heads": 6,
             "num_key_value_heads": null, "head_dim": null, "rope_scaling": null}
            """);
    assertThat(config.keyValueHeads()).isEqualTo(6);
    assertThat(config.headDimension()).isEqualTo(4);
  }

  /** Transformers reads no such field of a Llama, whose attention sees everything. */
  @Test
  void aSlidingWindowOfALlamaChangesNothing() {
    ObjectNode llama = TinyModels.llamaJson();
    assertThat(TinyModels.with(llama, "{\"sliding_window\": 4}")).isEqualTo(TinyModels.llama());
    assertThat(TinyModels.with(llama, "{\"sliding_window\": 4, \"use_sliding_window\": true}"))
        .isEqualTo(TinyModels.llama());
  }

  /** Where no list says which blocks have it. */
  @Test
  void aSlidingWindowOfSmolLm3IsForBlocksWithoutRotation() {
    String config =
        """
        {"model_type": "smollm3", "num_hidden_layers": 4, "use_sliding_window": true, %s
         "sliding_window": 5}
        """;
    AttentionStyle.Layer rotated = AttentionStyle.Layer.FULL;
    AttentionStyle.Layer plain = new AttentionStyle.Layer(5, -1);
    assertThat(parse(config.formatted("")).attention().layers())
        .containsExactly(rotated, rotated, rotated, plain);
    assertThat(parse(config.formatted("\"no_rope_layers\": [0, 1, 0, 1],")).attention().layers())
        .containsExactly(plain, rotated, plain, rotated);
  }

  @ParameterizedTest
  @CsvSource({
    "silu, SILU",
    "swish, SILU",
    "gelu, GELU",
    "gelu_python, GELU",
    "gelu_fast, GELU_TANH",
    "gelu_new, GELU_TANH",
    "gelu_pytorch_tanh, GELU_TANH",
    "relu, RELU"
  })
  void knowsTheActivation(String name, Activation activation) {
    ModelConfig config = parse("{\"model_type\": \"llama\", \"hidden_act\": \"" + name + "\"}");
    assertThat(config.activation()).isEqualTo(activation);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"rope_theta\": 500.0, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}",
        "\"rope_theta\": 500, \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2.0}",
        "\"rope_parameters\": {\"rope_theta\": 500, \"rope_type\": \"linear\", \"factor\": 2}",
        "\"rope_theta\": 500, \"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 2}",
        "\"rope_theta\": 9, \"rope_parameters\": {\"rope_theta\": 500, \"rope_type\": \"linear\","
            + " \"factor\": 2}, \"rope_scaling\": {}"
      })
  void readsRotaryPositionsInEverySpelling(String fields) {
    assertThat(parse("{\"model_type\": \"llama\", " + fields + "}").attention().positions(0))
        .isEqualTo(new RotaryPositions(500, 128, new RotaryScaling.Linear(2)));
  }

  @Test
  void readsLlama3PositionsAndTheirDefaultContext() {
    String scaling =
        """
        {"model_type": "llama", "max_position_embeddings": 4096, %s "rope_scaling":
         {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4 %s}}
        """;
    assertThat(parse(scaling.formatted("", "")).attention().positions(0).scaling())
        .isEqualTo(new RotaryScaling.Llama3(8, 1, 4, 4096));
    String inside = ", \"original_max_position_embeddings\": 512";
    assertThat(parse(scaling.formatted("", inside)).attention().positions(0).scaling())
        .isEqualTo(new RotaryScaling.Llama3(8, 1, 4, 512));
    String outside = "\"original_max_position_embeddings\": 256,";
    assertThat(parse(scaling.formatted(outside, inside)).attention().positions(0).scaling())
        .isEqualTo(new RotaryScaling.Llama3(8, 1, 4, 256));
  }

  @Test
  void listsItsLinearLayersInOrder() {
    ModelConfig config = TinyModels.with(TinyModels.llamaJson(), "{\"attention_bias\": true}");
    assertThat(config.linears()).hasSize(14);
    assertThat(config.linears().subList(0, 7))
        .containsExactly(
            layer("self_attn.q_proj", LinearRole.QUERY, 16, 8, true, "self_attn.q_proj"),
            layer("self_attn.k_proj", LinearRole.KEY, 8, 8, true, "self_attn.q_proj"),
            layer("self_attn.v_proj", LinearRole.VALUE, 8, 8, true, "self_attn.q_proj"),
            layer("self_attn.o_proj", LinearRole.OUTPUT, 8, 16, true, "self_attn.o_proj"),
            layer("mlp.gate_proj", LinearRole.GATE, 10, 8, false, "mlp.gate_proj"),
            layer("mlp.up_proj", LinearRole.UP, 10, 8, false, "mlp.gate_proj"),
            layer("mlp.down_proj", LinearRole.DOWN, 8, 10, false, "mlp.down_proj"));
    LinearShape query = config.linear(1, LinearRole.QUERY);
    assertThat(query.name()).isEqualTo("model.layers.1.self_attn.q_proj");
    assertThat(query.weights()).isEqualTo(16 * 9);
    assertThat(query.biasName()).isEqualTo("model.layers.1.self_attn.q_proj.bias");
  }

  private static LinearShape layer(
      String name, LinearRole role, int outputs, int inputs, boolean bias, String group) {
    String prefix = "model.layers.0.";
    return new LinearShape(
        prefix + name, 0, role, LinearShape.NO_EXPERT, outputs, inputs, bias, prefix + group);
  }

  /** A mixture has thousands of layers, and each question for one of them would list them anew. */
  @Test
  void layersAreListedOnceForTheTwoNetworksThatWereAskedLast() {
    ModelConfig dense = TinyModels.llama();
    ModelConfig other = dense.embedding();
    assertThat(dense.linears()).hasSameSizeAs(other.linears());
    List<LinearShape> first = dense.linears(1);
    List<LinearShape> second = other.linears(1);
    assertThat(second).isEqualTo(first);
    assertThat(dense.linears(1)).isSameAs(first);
    assertThat(other.linears(1)).isSameAs(second);
    assertThat(dense.linears().subList(7, 14)).isEqualTo(first);
  }

  @Test
  void namesEveryTensorThatTheCheckpointMustHold() {
    ModelConfig tied = TinyModels.llama();
    assertThat(LanguageModel.tensors(tied))
        .hasSize(1 + 2 * 9 + 1)
        .containsEntry("model.embed_tokens.weight", new int[] {11, 8})
        .containsEntry("model.layers.1.input_layernorm.weight", new int[] {8})
        .containsEntry("model.layers.1.post_attention_layernorm.weight", new int[] {8})
        .containsEntry("model.layers.0.self_attn.o_proj.weight", new int[] {8, 16})
        .containsEntry("model.norm.weight", new int[] {8});
    ModelConfig untied =
        TinyModels.with(TinyModels.llamaJson(), "{\"tie_word_embeddings\": false}");
    assertThat(LanguageModel.tensors(untied)).hasSize(21).containsKey("lm_head.weight");
  }

  @Test
  void interpolatesLlama3FrequenciesBetweenKeptAndStretched() {
    RotaryScaling scaling = new RotaryScaling.Llama3(8, 1, 4, 2 * Math.PI * 100);
    // A frequency f makes 100 f waves in the original context.
    double[] frequencies = {0.05, 0.009, 0.025, 0.01, 0.04};
    scaling.apply(new RotaryPositions(10, 10, scaling), 4, frequencies);
    assertThat(frequencies)
        .containsExactly(
            new double[] {0.05, 0.009 / 8, (0.025 + 0.025 / 8) / 2, 0.01 / 8, 0.04}, within(1e-15));
  }
}
