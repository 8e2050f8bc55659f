package org.llmsurgeon.export.gguf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.RotaryPositions;
import org.llmsurgeon.model.weights.CheckpointNames;

/**
 * A Llama as llama.cpp knows it: {@code llama} where all blocks have the same sizes, else {@code
 * deci}, which has the heads and neurons of each block in arrays.
 *
 * <p>Where llama.cpp needs a part that the model has not, that part is written as zeros, which add
 * nothing: it takes the width of heads from the first block, leaves a block without neurons whose
 * attention it would lose, and picks the tokens to answer in the last.
 */
final class GgufNetwork {
  private final ModelFolder folder;
  private final ModelConfig config;
  private final GgufType type;
  private final CheckpointNames names;
  private final List<BlockSize> sizes;
  private final List<GgufTensor> tensors = new ArrayList<>();

  /**
   * The network of a folder.
   *
   * @param folder the model
   * @param config its configuration
   * @param type of its matrices
   * @throws InputException where llama.cpp has no such network
   */
  GgufNetwork(ModelFolder folder, ModelConfig config, GgufType type) {
    this.folder = folder;
    this.config = config.storedAs(folder::contains);
    this.type = type;
    this.names = CheckpointNames.of(config, folder::contains);
    requireKnown();
    this.sizes =
        IntStream.range(0, config.blockCount())
            .mapToObj(block -> needed(block, config.blocks().get(block)))
            .toList();
  }

  private void requireKnown() {
    require(GgufExport.knows(config.architecture()), "is of " + config.architecture());
    require(config.activation() == Activation.SILU, "has the activation " + config.activation());
    RotaryPositions positions = positions();
    boolean fixed =
        Arrays.equals(positions.frequencies(1), positions.frequencies(config.maxPositions()));
    require(fixed && positions.factor() == 1, "scales its positions by length or scores");
    require(positions.dimensions() == config.headDimension(), "turns a part of each head only");
  }

  private void require(boolean condition, String what) {
    if (!condition) {
      throw new InputException(
          folder.path() + " " + what + ", which GGUF is not written for; leave the GGUF file out.");
    }
  }

  private RotaryPositions positions() {
    return config.attention().positions(0);
  }

  private BlockSize needed(int block, BlockSize size) {
    boolean attention = size.hasAttention() || block == 0;
    boolean last = block == config.blockCount() - 1;
    int neurons = attention || last ? Math.max(1, size.width()) : size.width();
    return attention && !size.hasAttention()
        ? new BlockSize(1, 1, neurons)
        : new BlockSize(size.queryHeads(), size.keyValueHeads(), neurons);
  }

  /** Name of the architecture, which is the first part of its keys. */
  String architecture() {
    boolean alike = sizes.stream().distinct().count() == 1;
    return alike ? "llama" : "deci";
  }

  /** Says the sizes and numbers of the network. */
  void describe(GgufMetadata metadata) {
    String key = architecture() + ".";
    metadata.put(key + "block_count", config.blockCount());
    metadata.put(key + "context_length", config.maxPositions());
    metadata.put(key + "embedding_length", config.hidden());
    metadata.put(key + "vocab_size", config.vocabulary());
    put(metadata, key + "feed_forward_length", sizes.stream().map(BlockSize::width).toList());
    put(metadata, key + "attention.head_count", sizes.stream().map(BlockSize::queryHeads).toList());
    put(
        metadata,
        key + "attention.head_count_kv",
        sizes.stream().map(BlockSize::keyValueHeads).toList());
    metadata.put(key + "attention.key_length", config.headDimension());
    metadata.put(key + "attention.value_length", config.headDimension());
    metadata.put(key + "attention.layer_norm_rms_epsilon", config.stream().norms().epsilon());
    metadata.put(key + "rope.dimension_count", config.headDimension());
    metadata.put(key + "rope.freq_base", positions().theta());
  }

  private static void put(GgufMetadata metadata, String key, List<Integer> each) {
    if (each.stream().distinct().count() == 1) {
      metadata.put(key, each.get(0));
    } else {
      metadata.put(key, each.stream().mapToInt(Integer::intValue).toArray());
    }
  }

  /** All tensors in their order. */
  List<GgufTensor> tensors() {
    tensors.clear();
    int hidden = config.hidden();
    int vocabulary = config.vocabulary();
    String embedding = names.stored(config.embeddingName());
    tensors.add(
        GgufTensor.matrix("token_embd.weight", type, inOrder(vocabulary), hidden, embedding));
    addPositions();
    for (int block = 0; block < sizes.size(); block++) {
      addBlock(block);
    }
    tensors.add(GgufTensor.vector("output_norm.weight", hidden, names.stored("model.norm.weight")));
    if (!config.tiedHead()) {
      String head = names.stored(config.names().outer().head());
      tensors.add(GgufTensor.matrix("output.weight", type, inOrder(vocabulary), hidden, head));
    }
    return List.copyOf(tensors);
  }

  /** What the frequencies are divided by, where they are scaled. */
  private void addPositions() {
    double[] scaled = positions().frequencies(1);
    float[] divisors = new float[scaled.length];
    boolean plain = true;
    for (int d = 0; d < scaled.length; d++) {
      double frequency = Math.pow(positions().theta(), -2.0 * d / positions().dimensions());
      divisors[d] = (float) (frequency / scaled[d]);
      plain &= divisors[d] == 1;
    }
    if (!plain) {
      tensors.add(GgufTensor.vector("rope_freqs.weight", divisors));
    }
  }

  private void addBlock(int block) {
    String prefix = "blk." + block + ".";
    BlockSize size = sizes.get(block);
    BlockSize stored = config.blocks().get(block);
    if (size.hasAttention()) {
      addNorm(block, "input_layernorm", prefix + "attn_norm.weight");
      if (stored.hasAttention()) {
        add(block, LinearRole.QUERY, prefix + "attn_q", rotated(size.queryHeads()));
        add(block, LinearRole.KEY, prefix + "attn_k", rotated(size.keyValueHeads()));
        add(block, LinearRole.VALUE, prefix + "attn_v", null);
        add(block, LinearRole.OUTPUT, prefix + "attn_output", null);
      } else {
        addZeros(prefix, List.of("attn_q", "attn_k", "attn_v"), "attn_output", rows(1).length);
      }
    }
    if (size.hasFeedForward()) {
      addNorm(block, "post_attention_layernorm", prefix + "ffn_norm.weight");
      if (stored.hasFeedForward()) {
        add(block, LinearRole.GATE, prefix + "ffn_gate", null);
        add(block, LinearRole.UP, prefix + "ffn_up", null);
        add(block, LinearRole.DOWN, prefix + "ffn_down", null);
      } else {
        addZeros(prefix, List.of("ffn_gate", "ffn_up"), "ffn_down", 1);
      }
    }
  }

  private void addNorm(int block, String norm, String name) {
    String stored = names.stored(config.blockName(block) + "." + norm + ".weight");
    tensors.add(
        folder.contains(stored)
            ? GgufTensor.vector(name, config.hidden(), stored)
            : GgufTensor.constant(name, config.hidden(), 1));
  }

  private void addZeros(String prefix, List<String> in, String out, int width) {
    for (String each : in) {
      tensors.add(GgufTensor.zeros(prefix + each + ".weight", type, width, config.hidden()));
    }
    tensors.add(GgufTensor.zeros(prefix + out + ".weight", type, config.hidden(), width));
  }

  /**
   * A linear layer.
   *
   * @param order its rows; null for as they are
   */
  private void add(int block, LinearRole role, String name, int[] order) {
    LinearShape shape = config.linear(block, role);
    int[] rows = order == null ? inOrder(shape.outputs()) : order;
    String weight = names.stored(shape.weightName());
    tensors.add(GgufTensor.matrix(name + ".weight", type, rows, shape.inputs(), weight));
    if (shape.bias()) {
      String bias = names.stored(shape.biasName());
      tensors.add(GgufTensor.vector(name + ".bias", order, shape.outputs(), bias));
    }
  }

  private static int[] inOrder(int count) {
    return IntStream.range(0, count).toArray();
  }

  private int[] rows(int heads) {
    return inOrder(heads * config.headDimension());
  }

  /**
   * Rows of queries or keys: llama.cpp turns neighbouring rows of a head together, checkpoints for
   * transformers those half a head apart.
   */
  private int[] rotated(int heads) {
    int half = config.headDimension() / 2;
    int[] rows = rows(heads);
    for (int i = 0; i < rows.length; i++) {
      int inHead = i % (2 * half);
      rows[i] = i - inHead + inHead % 2 * half + inHead / 2;
    }
    return rows;
  }
}
