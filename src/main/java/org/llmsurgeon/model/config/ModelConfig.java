package org.llmsurgeon.model.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Activation;

/**
 * What a checkpoint's {@code config.json} says about the network: a decoder as data, which the
 * architectures fill in.
 *
 * @param architecture class name in the transformers library, for example {@code LlamaForCausalLM}
 * @param size the sizes that all blocks share, and those of a block that was never pruned
 * @param blocks heads and neurons of each block
 * @param names of its tensors
 * @param attention how attentions compute
 * @param stream how everything else does
 * @param experts what its mixtures of experts have in common; null where it has none
 * @param ends what it has before its blocks and after them, and what it is to do
 */
public record ModelConfig(
    String architecture,
    ModelSize size,
    List<BlockSize> blocks,
    TensorNames names,
    AttentionStyle attention,
    StreamStyle stream,
    Experts experts,
    Ends ends) {
  /** Those of the two networks that were last asked: a dense one and what is made of it. */
  private static volatile List<Layers> lastAsked = List.of();

  /** Checks the number of blocks. */
  public ModelConfig {
    blocks = List.copyOf(blocks);
    size.requireBlocks(blocks);
  }

  /**
   * The same network with something else to do.
   *
   * @param other what it is to do; of the same kind of head
   */
  public ModelConfig with(Objective other) {
    return with(ends.with(other));
  }

  /**
   * The same network with pixels that it knows.
   *
   * @param scale what they go through
   */
  public ModelConfig with(PixelScale scale) {
    return with(ends.with(scale));
  }

  /** Whether the network reads images, not text. */
  public boolean readsImages() {
    return ends.images() != null;
  }

  /**
   * The same network, of which an expert is gone where all its weights are 0.
   *
   * @throws IllegalArgumentException where it has no experts
   */
  public ModelConfig withoutEmptyExperts() {
    if (experts == null) {
      throw new IllegalArgumentException(architecture + " has no experts");
    }
    return new ModelConfig(
        architecture, size, blocks, names, attention, stream, experts.withoutEmpty(), ends);
  }

  /** The same network without its head: its texts become vectors. */
  public ModelConfig embedding() {
    return with(ends.bare(hidden(), new TextEmbedding()));
  }

  private ModelConfig with(Ends other) {
    return new ModelConfig(architecture, size, blocks, names, attention, stream, experts, other);
  }

  /**
   * The network that a checkpoint holds: where it stores a head of its own beside the embedding,
   * that is the head, whatever the configuration says, as in transformers 5.
   *
   * @param stored whether the checkpoint holds a tensor of a given name
   */
  public ModelConfig storedAs(Predicate<String> stored) {
    String bare = embeddingName().substring(names.prefix().length());
    boolean embedded = stored.test(embeddingName()) || stored.test(bare);
    if (!tiedHead() || !embedded || !stored.test(names.outer().head())) {
      return this;
    }
    return new ModelConfig(
        architecture, size, blocks, names, attention, stream.tied(false), experts, ends);
  }

  /**
   * Throws where the network does not say next tokens.
   *
   * @param what cannot be done then, as the beginning of a sentence
   * @throws org.llmsurgeon.InputException naming the architecture
   */
  public void requireNextToken(String what) {
    if (!attention.causal()) {
      throw new InputException(
          "%s says what comes next in a text, and %s does not; give a causal language model"
              .formatted(what, architecture));
    }
  }

  /** What the network is to do. */
  public Objective objective() {
    return ends.objective();
  }

  /** Whether the head's weight is the embedding's. */
  public boolean tiedHead() {
    return stream.tiedHead();
  }

  /** Whether the feed-forwards have a gate. */
  public boolean gated() {
    return names.linears().containsKey(LinearRole.GATE);
  }

  /** Non-linearity of the feed-forwards. */
  public Activation activation() {
    return stream.feedForward().activation();
  }

  /** Name of the token embedding's tensor, {@code [vocabulary, width]}. */
  public String embeddingName() {
    return names.outer().embedding();
  }

  /**
   * Module name of a block.
   *
   * @param block index from 0
   */
  public String blockName(int block) {
    return names.blocks() + block;
  }

  /**
   * The linear layers of a block, in order: q, k, v, output, (gate,) up, down, and the last three
   * again for each expert. Those of a part that is absent are not there.
   *
   * @param block index from 0
   */
  public List<LinearShape> linears(int block) {
    // All are listed for those who ask for all: a task may ask for one block of its own network.
    for (Layers each : lastAsked) {
      if (each.of() == this) {
        return each.blocks().get(block);
      }
    }
    return made(block);
  }

  private List<LinearShape> made(int block) {
    BlockSize sizes = blocks.get(block);
    int hidden = size.hidden();
    int queries = sizes.queryHeads() * size.headDimension();
    int keys = sizes.keyValueHeads() * size.headDimension();
    boolean in = attention.inputBias();
    List<LinearShape> linears = new ArrayList<>();
    if (sizes.hasAttention()) {
      linears.add(shape(block, LinearRole.QUERY, queries, hidden, in));
      linears.add(shape(block, LinearRole.KEY, keys, hidden, in));
      linears.add(shape(block, LinearRole.VALUE, keys, hidden, in));
      linears.add(shape(block, LinearRole.OUTPUT, hidden, queries, attention.outputBias()));
    }
    if (sizes.width() > 0) {
      linears.addAll(feedForward(block, LinearShape.NO_EXPERT));
    }
    for (int expert = 0; expert < sizes.experts().size(); expert++) {
      linears.addAll(feedForward(block, expert));
    }
    return List.copyOf(linears);
  }

  private LinearShape shape(int block, LinearRole role, int outputs, int inputs, boolean bias) {
    boolean reads = role == LinearRole.KEY || role == LinearRole.VALUE;
    String group = layerName(block, LinearShape.NO_EXPERT, reads ? LinearRole.QUERY : role);
    String name = layerName(block, LinearShape.NO_EXPERT, role);
    return new LinearShape(name, block, role, LinearShape.NO_EXPERT, outputs, inputs, bias, group);
  }

  /**
   * The linear layers of a feed-forward, in order: (gate,) up, down.
   *
   * @param block index from 0
   * @param expert which expert's, or {@link LinearShape#NO_EXPERT}
   */
  public List<LinearShape> feedForward(int block, int expert) {
    BlockSize sizes = blocks.get(block);
    boolean own = expert == LinearShape.NO_EXPERT;
    int neurons = own ? sizes.width() : sizes.experts().get(expert);
    boolean bias = stream.feedForward().bias();
    String first = layerName(block, expert, gated() ? LinearRole.GATE : LinearRole.UP);
    String up = layerName(block, expert, LinearRole.UP);
    String down = layerName(block, expert, LinearRole.DOWN);
    int hidden = size.hidden();
    List<LinearShape> layers = new ArrayList<>();
    if (gated()) {
      layers.add(
          new LinearShape(first, block, LinearRole.GATE, expert, neurons, hidden, bias, first));
    }
    layers.add(new LinearShape(up, block, LinearRole.UP, expert, neurons, hidden, bias, first));
    layers.add(new LinearShape(down, block, LinearRole.DOWN, expert, hidden, neurons, bias, down));
    return layers;
  }

  private String layerName(int block, int expert, LinearRole role) {
    String start = blockName(block) + ".";
    if (expert != LinearShape.NO_EXPERT) {
      return start + experts.names().linear(expert, role);
    }
    boolean attentions = role.ordinal() <= LinearRole.OUTPUT.ordinal();
    boolean shared = !attentions && !blocks.get(block).experts().isEmpty();
    return start + (shared ? experts.names().shared(role) : names.linears().get(role));
  }

  /** The linear layers inside all blocks, in block order. */
  public List<LinearShape> linears() {
    return layers().list();
  }

  /**
   * Place of a linear layer among {@link #linears()}.
   *
   * @param layer one of these
   */
  public int index(LinearShape layer) {
    return layers().places().get(layer.name());
  }

  /**
   * A linear layer.
   *
   * @param name its name, as {@code model.layers.0.mlp.up_proj}
   */
  public LinearShape linear(String name) {
    return linears().get(layers().places().get(name));
  }

  private Layers layers() {
    List<Layers> known = lastAsked;
    for (Layers each : known) {
      if (each.of() == this) {
        return each;
      }
    }
    Layers made = Layers.of(this);
    lastAsked = known.isEmpty() ? List.of(made) : List.of(made, known.get(0));
    return made;
  }

  /** Layers of a network: a mixture has thousands, and they are asked for layer by layer. */
  private record Layers(
      ModelConfig of,
      List<List<LinearShape>> blocks,
      List<LinearShape> list,
      Map<String, Integer> places) {
    static Layers of(ModelConfig config) {
      List<List<LinearShape>> blocks =
          IntStream.range(0, config.blockCount()).mapToObj(config::made).toList();
      List<LinearShape> list = blocks.stream().flatMap(List::stream).toList();
      Map<String, Integer> places = new HashMap<>();
      for (int i = 0; i < list.size(); i++) {
        places.put(list.get(i).name(), i);
      }
      return new Layers(config, blocks, list, places);
    }
  }

  /**
   * One linear layer.
   *
   * @param block index of its block
   * @param role what it does there
   * @throws IllegalArgumentException where there is none
   */
  public LinearShape linear(int block, LinearRole role) {
    return linears(block).stream()
        .filter(each -> each.role() == role)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no " + role + " in block " + block));
  }

  /** The norms that a network of this kind has in each block, and at its end. */
  public boolean has(NormPlace place) {
    return names.norms().containsKey(place);
  }

  /** Whether queries and keys are normalised: then none of their dimensions goes for nothing. */
  public boolean normalisesQueries() {
    return has(NormPlace.QUERY);
  }

  /** Whether all tensors are stored one by one and as the network reads them. */
  public boolean isPlain() {
    return names.layout().fusion() == TensorNames.Fusion.NONE && !names.layout().transposed();
  }

  /** Distinct token ids. */
  public int vocabulary() {
    return size.vocabulary();
  }

  /** Width of the residual stream. */
  public int hidden() {
    return size.hidden();
  }

  /** Number of blocks. */
  public int blockCount() {
    return size.blocks();
  }

  /** Query heads of an attention that was never pruned; see {@link #blocks()}. */
  public int heads() {
    return size.heads();
  }

  /** Key and value heads of an attention that was never pruned; see {@link #blocks()}. */
  public int keyValueHeads() {
    return size.keyValueHeads();
  }

  /** Width of one head. */
  public int headDimension() {
    return size.headDimension();
  }

  /** Longest sequence, in tokens. */
  public int maxPositions() {
    return size.maxPositions();
  }
}
