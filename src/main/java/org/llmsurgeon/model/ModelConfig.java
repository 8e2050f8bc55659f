package org.llmsurgeon.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Activation;

/**
 * What a checkpoint's {@code config.json} says about the network, read as the transformers library
 * reads it (fields and defaults of its versions 4 and 5).
 */
public sealed interface ModelConfig permits LlamaConfig, OptConfig {
  /**
   * Reads a configuration.
   *
   * @param config the content of {@code config.json}
   * @param where the file, for messages
   * @throws InputException for an architecture that is not supported, a field that would change the
   *     arithmetic in a way that is not supported, or a value that cannot be
   */
  static ModelConfig parse(JsonNode config, String where) {
    ConfigFields fields = new ConfigFields(config, where);
    String architecture = Architectures.of(fields);
    UnsupportedFields.refuse(fields);
    return architecture.equals(LlamaConfig.ARCHITECTURE)
        ? LlamaConfig.read(fields)
        : architecture.equals(LlamaConfig.NEMOTRON)
            ? LlamaConfig.readNemotron(fields)
            : OptConfig.read(fields);
  }

  /** Class name in the transformers library, for example {@code LlamaForCausalLM}. */
  String architecture();

  /** The sizes that all blocks share, and those of a block that was never pruned. */
  ModelSize size();

  /** Heads and neurons of each block. */
  List<BlockSize> blocks();

  /**
   * The same network with blocks of other sizes.
   *
   * @param blocks one for each block
   * @throws IllegalArgumentException for another number of blocks
   */
  ModelConfig withBlocks(List<BlockSize> blocks);

  /** Non-linearity of the feed-forward; of its gate where there is one. */
  Activation activation();

  /** Whether the head's weight is the embedding's. */
  boolean tiedHead();

  /**
   * The linear layers of a block, in order: q, k, v, output, (gate,) up, down. Those of a part that
   * is absent are not there.
   *
   * @param block index from 0
   */
  List<LinearShape> linears(int block);

  /** Name of the token embedding's tensor, {@code [vocabulary, width]}. */
  String embeddingName();

  /**
   * Module name of a block.
   *
   * @param block index from 0
   */
  String blockName(int block);

  /** The linear layers inside all blocks, in block order. */
  default List<LinearShape> linears() {
    return IntStream.range(0, blockCount())
        .boxed()
        .flatMap(block -> linears(block).stream())
        .toList();
  }

  /**
   * One linear layer.
   *
   * @param block index of its block
   * @param role what it does there
   * @throws IllegalArgumentException where there is none
   */
  default LinearShape linear(int block, LinearRole role) {
    return linears(block).stream()
        .filter(each -> each.role() == role)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no " + role + " in block " + block));
  }

  /**
   * Every tensor that the network needs, with its shape, in the order of the network. A tied head
   * is not among them.
   */
  default Map<String, int[]> expectedTensors() {
    return Network.describe(this).parameters().shapes();
  }

  /** Distinct token ids. */
  default int vocabulary() {
    return size().vocabulary();
  }

  /** Width of the residual stream. */
  default int hidden() {
    return size().hidden();
  }

  /** Number of blocks. */
  default int blockCount() {
    return size().blocks();
  }

  /** Query heads of an attention that was never pruned; see {@link #blocks()}. */
  default int heads() {
    return size().heads();
  }

  /** Key and value heads of an attention that was never pruned; see {@link #blocks()}. */
  default int keyValueHeads() {
    return size().keyValueHeads();
  }

  /** Width of one head. */
  default int headDimension() {
    return size().headDimension();
  }

  /** Longest sequence, in tokens. */
  default int maxPositions() {
    return size().maxPositions();
  }
}
