package org.llmsurgeon.model.architecture;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.model.config.AttentionStyle;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.Ends;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.RotaryPositions;
import org.llmsurgeon.model.config.StreamStyle;
import org.llmsurgeon.model.config.TensorNames;

/**
 * A network while an architecture describes it: a Llama (RMS norms before each sublayer, rotary
 * positions, gated feed-forward, no biases) until something else is said.
 */
final class Decoder {
  private final String architecture;
  private final ModelSize size;
  private final EnumMap<LinearRole, String> linears = new EnumMap<>(LinearRole.class);
  private final EnumMap<NormPlace, String> norms = new EnumMap<>(NormPlace.class);
  private List<BlockSize> blocks;
  private List<RotaryPositions> rotary = List.of();
  private List<AttentionStyle.Layer> layers;
  private boolean inputBias;
  private boolean outputBias;
  private boolean feedForwardBias;
  private boolean wholeNorms;
  private boolean causal = true;
  private double scale;
  private double scoreCap;
  private String prefix = "model.";
  private String embedding = "model.embed_tokens.weight";
  private String positions;
  private int positionOffset;
  private String block = "model.layers.";
  private String head = "lm_head.weight";
  private String projection;
  private int embeddingWidth;
  private TensorNames.Fusion fusion = TensorNames.Fusion.NONE;
  private boolean transposed;
  private boolean normsFirst = true;
  private double embeddingScale = 1;
  private double branchScale = 1;
  private double logitScale = 1;
  private double logitCap;
  private boolean parallel;
  private Experts experts;
  private boolean tied;
  private Ends ends;
  private Activation activation = Activation.SILU;
  private StreamStyle.Norms norm = new StreamStyle.Norms(Norm.Kind.RMS, true, false, false, 1e-6);

  Decoder(String architecture, ModelSize size) {
    this.architecture = architecture;
    this.size = size;
    this.scale = 1 / Math.sqrt(size.headDimension());
    this.embeddingWidth = size.hidden();
    this.ends = Ends.ofDecoder(size.vocabulary());
    blocks(
        Collections.nCopies(
            size.blocks(), new BlockSize(size.heads(), size.keyValueHeads(), size.feedForward())));
    layers(Collections.nCopies(size.blocks(), AttentionStyle.Layer.FULL));
    attention("self_attn.", "q_proj", "k_proj", "v_proj", "o_proj");
    gated("mlp.", "gate_proj", "up_proj", "down_proj");
    norm(NormPlace.BEFORE_ATTENTION, "input_layernorm");
    norm(NormPlace.BEFORE_FEED_FORWARD, "post_attention_layernorm");
    norm(NormPlace.LAST, "model.norm");
  }

  ModelSize size() {
    return size;
  }

  Decoder blocks(List<BlockSize> each) {
    blocks = each;
    return this;
  }

  List<BlockSize> blocks() {
    return blocks;
  }

  /** What the mixtures of experts have in common. */
  Decoder experts(Experts common) {
    experts = common;
    return this;
  }

  /** Names of the attention's layers, after a common start. */
  Decoder attention(String start, String query, String key, String value, String output) {
    linears.put(LinearRole.QUERY, start + query);
    linears.put(LinearRole.KEY, start + key);
    linears.put(LinearRole.VALUE, start + value);
    linears.put(LinearRole.OUTPUT, start + output);
    return this;
  }

  Decoder gated(String start, String gate, String up, String down) {
    plain(start, up, down);
    linears.put(LinearRole.GATE, start + gate);
    return this;
  }

  /** A feed-forward without a gate. */
  Decoder plain(String start, String up, String down) {
    linears.remove(LinearRole.GATE);
    linears.put(LinearRole.UP, start + up);
    linears.put(LinearRole.DOWN, start + down);
    return this;
  }

  /** A norm of a block, by its module in the block; the last by its full name; null for none. */
  Decoder norm(NormPlace place, String name) {
    if (name == null) {
      norms.remove(place);
    } else {
      norms.put(place, name);
    }
    return this;
  }

  /** What all norms have in common. */
  Decoder norms(StreamStyle.Norms common) {
    norm = common;
    return this;
  }

  Decoder rmsNorms(double epsilon) {
    return norms(new StreamStyle.Norms(Norm.Kind.RMS, true, false, false, epsilon));
  }

  Decoder layerNorms(double epsilon) {
    return norms(new StreamStyle.Norms(Norm.Kind.LAYER, true, true, false, epsilon));
  }

  /** Norms of queries and keys, over each head or over all at once. */
  Decoder queryKeyNorms(String query, String key, boolean whole) {
    wholeNorms = whole;
    return norm(NormPlace.QUERY, query).norm(NormPlace.KEY, key);
  }

  Decoder rotary(RotaryPositions... kinds) {
    rotary = List.of(kinds);
    return this;
  }

  /** Windows and positions of each block. */
  Decoder layers(List<AttentionStyle.Layer> each) {
    layers = List.copyOf(each);
    return this;
  }

  Decoder biases(boolean input, boolean output, boolean feedForward) {
    inputBias = input;
    outputBias = output;
    feedForwardBias = feedForward;
    return this;
  }

  Decoder scores(double factor, double cap) {
    scale = factor;
    scoreCap = cap;
    return this;
  }

  /** Names of the whole: what may be left out, the embedding, blocks without number, the head. */
  Decoder names(String start, String tokens, String blockStart, String headName) {
    prefix = start;
    embedding = tokens;
    block = blockStart;
    head = headName;
    return this;
  }

  Decoder head(String name) {
    head = name;
    return this;
  }

  Decoder learnedPositions(String table, int offset) {
    positions = table;
    positionOffset = offset;
    return this;
  }

  /** Matrices around an embedding of another width. */
  Decoder projected(String start, int width) {
    projection = start;
    embeddingWidth = width;
    return this;
  }

  Decoder fused(TensorNames.Fusion how, boolean isTransposed) {
    fusion = how;
    transposed = isTransposed;
    return this;
  }

  Decoder normsAfterLayers() {
    normsFirst = false;
    return this;
  }

  Decoder scales(double ofEmbedding, double ofBranches, double ofLogits) {
    embeddingScale = ofEmbedding;
    branchScale = ofBranches;
    logitScale = ofLogits;
    return this;
  }

  Decoder logitCap(double cap) {
    logitCap = cap;
    return this;
  }

  Decoder parallel(boolean is) {
    parallel = is;
    return this;
  }

  /** A network whose tokens see what comes after them as well, and what it is to do. */
  Decoder encoder(Ends of) {
    causal = false;
    ends = of;
    return this;
  }

  /** Windows of text begin as texts do. */
  Decoder withBeginning() {
    ends = ends.withBeginning();
    return this;
  }

  Decoder tied(boolean is) {
    tied = is;
    return this;
  }

  Decoder activation(Activation which) {
    activation = which;
    return this;
  }

  ModelConfig config() {
    TensorNames names =
        new TensorNames(
            prefix,
            new TensorNames.Outer(embedding, positions, head, projection),
            block,
            Map.copyOf(linears),
            Map.copyOf(norms),
            new TensorNames.Layout(fusion, transposed, normsFirst));
    AttentionStyle attention =
        new AttentionStyle(
            scale, scoreCap, inputBias, outputBias, rotary, layers, wholeNorms, causal);
    StreamStyle stream =
        new StreamStyle(
            embeddingWidth,
            positionOffset,
            new StreamStyle.Scales(embeddingScale, branchScale, logitScale, logitCap),
            parallel,
            tied,
            new StreamStyle.FeedForward(activation, feedForwardBias),
            norm);
    return new ModelConfig(architecture, size, blocks, names, attention, stream, experts, ends);
  }
}
