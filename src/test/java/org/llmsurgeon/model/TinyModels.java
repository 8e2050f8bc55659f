package org.llmsurgeon.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.Classification;
import org.llmsurgeon.model.config.ImageClassification;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Regression;
import org.llmsurgeon.model.config.TextRow;
import org.llmsurgeon.model.weights.WeightSource;

/** Networks of two blocks with seeded random weights, small enough for finite differences. */
public final class TinyModels {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TinyModels() {}

  /** Llama as {@code config.json}: grouped queries, heads wider than hidden / heads, tied head. */
  public static ObjectNode llamaJson() {
    return object(
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 11,
         "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4,
         "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
        """);
  }

  /** OPT as {@code config.json}: norms before, biases, ReLU, tied head. */
  public static ObjectNode optJson() {
    return object(
        """
        {"architectures": ["OPTForCausalLM"], "model_type": "opt", "vocab_size": 11,
         "hidden_size": 8, "ffn_dim": 12, "num_hidden_layers": 2, "num_attention_heads": 2,
         "max_position_embeddings": 16, "word_embed_proj_dim": 8}
        """);
  }

  /** The configuration of {@link #llamaJson()}. */
  public static ModelConfig llama() {
    return parse(llamaJson());
  }

  /** The configuration of {@link #optJson()}. */
  public static ModelConfig opt() {
    return parse(optJson());
  }

  /**
   * A configuration with some fields replaced.
   *
   * @param base the configuration
   * @param changes a JSON object whose fields replace those of the base
   */
  public static ModelConfig with(ObjectNode base, String changes) {
    base.setAll(object(changes));
    return parse(base);
  }

  /** All variants of the arithmetic that the configurations know, by name. */
  public static Map<String, ModelConfig> variants() {
    Map<String, ModelConfig> variants = new LinkedHashMap<>();
    variants.put(
        "Llama, grouped, tied, llama3 positions",
        with(
            llamaJson(),
            """
            {"rope_theta": 50.0, "rope_scaling": {"rope_type": "llama3", "factor": 4.0,
             "low_freq_factor": 1.0, "high_freq_factor": 4.0,
             "original_max_position_embeddings": 16}}
            """));
    variants.put(
        "Llama, biases, untied, linear positions, tanh GELU",
        with(
            llamaJson(),
            """
            {"attention_bias": true, "mlp_bias": true, "tie_word_embeddings": false,
             "hidden_act": "gelu_pytorch_tanh", "num_key_value_heads": 4, "head_dim": null,
             "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 100.0}}
            """));
    variants.put("OPT, norms before, ReLU, tied", opt());
    variants.put(
        "OPT, norms after, projections, GELU, untied",
        with(
            optJson(),
            """
            {"do_layer_norm_before": false, "word_embed_proj_dim": 6,
             "activation_function": "gelu", "tie_word_embeddings": false}
            """));
    variants.put(
        "OPT, nothing optional, projections, tied",
        with(
            optJson(),
            """
            {"enable_bias": false, "layer_norm_elementwise_affine": false,
             "_remove_final_layer_norm": true, "word_embed_proj_dim": 6}
            """));
    variants.put(
        "Llama, blocks of different sizes, no attention in one",
        with(
            llamaJson(),
            """
            {"num_hidden_layers": 3, "per_layer_config": {
             "0": {"num_attention_heads": 3, "num_key_value_heads": 1, "intermediate_size": 5},
             "1": {"num_attention_heads": 0, "intermediate_size": 7}}}
            """));
    variants.put(
        "Llama in the spelling of Nemotron-NAS",
        with(
            llamaJson(),
            """
            {"architectures": ["DeciLMForCausalLM"], "model_type": "nemotron-nas",
             "num_hidden_layers": 4, "num_key_value_heads": null, "intermediate_size": null,
             "block_configs": [
              {"attention": {"n_heads_in_group": 4}, "ffn": {"intermediate_size": 6}},
              {"attention": {"no_op": true}, "ffn": {"intermediate_size": 3, "no_op": false}},
              {"attention": {"n_heads_in_group": null, "no_op": true}, "ffn": {"no_op": true}},
              {"attention": {"n_heads_in_group": 2, "no_op": false}, "ffn": {"no_op": true}}]}
            """));
    variants.put(
        "OPT, norms after, blocks of different sizes, no feed-forward in one",
        with(
            optJson(),
            """
            {"do_layer_norm_before": false,
             "per_layer_config": {"0": {"num_attention_heads": 1, "ffn_dim": 0},
                                  "1": {"ffn_dim": 7}}}
            """));
    return variants;
  }

  /**
   * The default limits, but for the tokens of a batch.
   *
   * @param tokens most of a batch
   */
  public static MemoryLimits limits(int tokens) {
    MemoryLimits usual = MemoryLimits.DEFAULT;
    return new MemoryLimits(tokens, usual.keepBytes(), usual.logitBytes());
  }

  /**
   * The same network with blocks of other sizes.
   *
   * @param blocks one for each
   */
  public static ModelConfig sized(ModelConfig config, List<BlockSize> blocks) {
    return new ModelConfig(
        config.architecture(),
        config.size(),
        blocks,
        config.names(),
        config.attention(),
        config.stream(),
        config.experts(),
        config.ends());
  }

  /** Single-precision weights, the same for the same seed. */
  public static WeightSource weights(ModelConfig config, long seed) {
    return weights(config, seed, Precision.SINGLE);
  }

  /**
   * Random weights: matrices spread so that activations neither vanish nor saturate, norms' gains
   * about 1. They are single-precision numbers in either precision.
   */
  public static WeightSource weights(ModelConfig config, long seed, Precision precision) {
    Random random = new Random(seed);
    Map<String, double[]> values = new LinkedHashMap<>();
    LanguageModel.tensors(config)
        .forEach((name, shape) -> values.put(name, random(name, shape, random)));
    return new FixedWeights(LanguageModel.tensors(config), values, precision);
  }

  /** Windows of random ids, the same for the same seed. */
  public static int[][] windows(ModelConfig config, int count, int length, long seed) {
    Random random = new Random(seed);
    int[][] windows = new int[count][length];
    for (int[] window : windows) {
      for (int t = 0; t < length; t++) {
        window[t] = random.nextInt(config.vocabulary());
      }
    }
    return windows;
  }

  /** The same with the labels that a network needs at their ends, and texts of several lengths. */
  public static int[][] labelledWindows(ModelConfig config, int count, int length, long seed) {
    if (config.objective() instanceof ImageClassification images) {
      return images(images, count, seed);
    }
    int[][] windows = windows(config, count, length, seed);
    for (int row = 0; row < count; row++) {
      int[] window = windows[row];
      if (config.objective() instanceof Regression) {
        int[] halves = TextRow.halves(row / 4f - 1);
        window[length - 3] = row % 2 == 0 ? TextRow.NOTHING : window[length - 3];
        window[length - 2] = halves[0];
        window[length - 1] = halves[1];
      }
      if (config.objective() instanceof Classification labels) {
        int places = labels.places(length);
        window[places - 1] = row % 2 == 0 ? Classification.NOTHING : window[places - 1];
        for (int i = places; i < length; i++) {
          window[i] %= labels.labels();
        }
      }
    }
    return windows;
  }

  private static int[][] images(ImageClassification objective, int count, long seed) {
    Random random = new Random(seed);
    int pixels = objective.image().pixels();
    int[][] windows = new int[count][];
    for (int row = 0; row < count; row++) {
      int levels = 1 << Byte.SIZE * objective.image().channels();
      windows[row] = Arrays.copyOf(random.ints(pixels, 0, levels).toArray(), pixels + 1);
      windows[row][pixels] = row % objective.labels();
    }
    return windows;
  }

  private static double[] random(String name, int[] shape, Random random) {
    int count = 1;
    for (int length : shape) {
      count *= length;
    }
    double center = name.contains("norm") && name.endsWith(".weight") ? 1 : 0;
    int columns = shape.length == 1 ? count : count / shape[0];
    double spread = shape.length == 1 ? 0.3 : 1.5 / Math.sqrt(columns);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (center + spread * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  private static ObjectNode object(String json) {
    try {
      return (ObjectNode) JSON.readTree(json);
    } catch (java.io.IOException broken) {
      throw new IllegalArgumentException(json, broken);
    }
  }

  private static ModelConfig parse(JsonNode json) {
    return Architectures.parse(json, "config.json");
  }

  /** Weights held in arrays. */
  private record FixedWeights(
      Map<String, int[]> shapes, Map<String, double[]> values, Precision precision)
      implements WeightSource {
    @Override
    public boolean contains(String name) {
      return shapes.containsKey(name);
    }

    @Override
    public int[] shape(String name) {
      if (!contains(name)) {
        throw new InputException("no tensor " + name);
      }
      return shapes.get(name).clone();
    }

    @Override
    public Tensor load(String name, Device device) {
      int[] shape = shape(name);
      int rows = shape.length == 1 ? 1 : shape[0];
      return device.tensor(precision, rows, values.get(name).length / rows, values.get(name));
    }
  }
}
