package org.llmsurgeon.model;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.Ends;
import org.llmsurgeon.model.config.Ends.HeadShape;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.model.config.ImageShape;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.StreamStyle;
import org.llmsurgeon.model.config.TensorNames;
import org.llmsurgeon.model.head.Head;
import org.llmsurgeon.model.head.MeanPool;
import org.llmsurgeon.model.head.NumberHead;
import org.llmsurgeon.model.head.TwinHead;
import org.llmsurgeon.model.head.WayOut;
import org.llmsurgeon.model.layer.Absent;
import org.llmsurgeon.model.layer.Block;
import org.llmsurgeon.model.layer.Embedding;
import org.llmsurgeon.model.layer.FeedForward;
import org.llmsurgeon.model.layer.GatedFeedForward;
import org.llmsurgeon.model.layer.Linear;
import org.llmsurgeon.model.layer.Mixture;
import org.llmsurgeon.model.layer.NormLayer;
import org.llmsurgeon.model.layer.PatchEmbedding;
import org.llmsurgeon.model.layer.ResidualBranch;
import org.llmsurgeon.model.layer.Router;
import org.llmsurgeon.model.layer.SelfAttention;
import org.llmsurgeon.model.layer.Sublayer;
import org.llmsurgeon.model.layer.WayIn;
import org.llmsurgeon.model.pass.Parameter;

/** Which weight of a checkpoint goes where in its network. */
final class NetworkBuilder {
  private final ModelConfig config;
  private final TensorNames names;
  private final Parameters parameters;

  NetworkBuilder(ModelConfig config) {
    this.config = config;
    this.names = config.names();
    this.parameters = new Parameters(config.stream().norms());
  }

  Network network() {
    boolean images = config.readsImages();
    Parameter tokens = images ? null : tokens();
    WayIn in = images ? squares() : embedding(tokens);
    List<Block> blocks = IntStream.range(0, config.blockCount()).mapToObj(this::block).toList();
    NormLayer last = norm(NormPlace.LAST);
    return new Network(parameters, in, blocks, wayOut(tokens, last));
  }

  private Parameter tokens() {
    return parameters.matrix(
        names.outer().embedding(), config.vocabulary(), config.stream().embeddingWidth());
  }

  private Embedding embedding(Parameter tokens) {
    int hidden = config.hidden();
    int width = config.stream().embeddingWidth();
    Parameter positions = null;
    if (names.outer().positions() != null) {
      int rows = config.maxPositions() + config.stream().positionOffset();
      positions = parameters.matrix(names.outer().positions(), rows, hidden);
    }
    Ends ends = config.ends();
    Parameter types =
        ends.types() == null ? null : parameters.matrix(ends.types(), ends.kinds(), hidden);
    NormLayer embedded = norm(NormPlace.EMBEDDING);
    Linear in = width == hidden ? null : projection("in.weight", hidden, width);
    return new Embedding(
        tokens,
        in,
        positions,
        config.stream().positionOffset(),
        config.stream().scales().embedding(),
        types,
        embedded);
  }

  private PatchEmbedding squares() {
    Ends.ImageInput input = config.ends().images();
    ImageShape shape = input.shape();
    int hidden = config.hidden();
    List<Parameter> own =
        input.own().stream().map(each -> parameters.of(each, 1, 1, hidden)).toList();
    Parameter positions = parameters.of(names.outer().positions(), 1, shape.tokens(), hidden);
    Parameter weight =
        parameters.of(
            names.outer().embedding(), hidden, shape.channels(), shape.patch(), shape.patch());
    Linear projection = new Linear(null, weight, parameters.vector(input.bias(), hidden));
    return new PatchEmbedding(shape, input.scale(), projection, own, positions);
  }

  private WayOut wayOut(Parameter tokens, NormLayer last) {
    return switch (config.objective().output()) {
      case TOKENS -> heads(head(tokens, last));
      case NUMBER -> new NumberHead(head(tokens, last));
      case VECTOR -> new MeanPool();
    };
  }

  private WayOut heads(Head first) {
    HeadShape shape = config.ends().head();
    return shape.second() == null
        ? first
        : new TwinHead(first, module(shape.second(), shape.outputs()));
  }

  private Head head(Parameter tokens, NormLayer last) {
    HeadShape shape = config.ends().head();
    StreamStyle stream = config.stream();
    int width = stream.embeddingWidth();
    Linear out = width == config.hidden() ? null : projection("out.weight", width, config.hidden());
    Head.Transform transform = shape.transform() == null ? null : transform(shape);
    Parameter weight =
        config.tiedHead()
            ? tokens
            : parameters.matrix(names.outer().head(), shape.outputs(), width);
    Parameter bias = shape.bias() == null ? null : parameters.vector(shape.bias(), shape.outputs());
    Head.Logits logits = new Head.Logits(stream.scales().logit(), stream.scales().logitCap());
    return new Head(last, out, transform, weight, bias, logits);
  }

  private Head.Transform transform(HeadShape shape) {
    Linear dense = module(shape.transform(), config.hidden());
    return new Head.Transform(dense, shape.activation(), norm(NormPlace.HEAD));
  }

  /** A layer with a bias that reads the residual stream, outside the blocks. */
  private Linear module(String name, int outputs) {
    Parameter weight = parameters.matrix(name + ".weight", outputs, config.hidden());
    return new Linear(null, weight, parameters.vector(name + ".bias", outputs));
  }

  /** A norm outside the blocks, or null. */
  private NormLayer norm(NormPlace place) {
    String name = names.norms().get(place);
    return name == null ? null : parameters.norm(name, config.hidden());
  }

  private Linear projection(String name, int outputs, int inputs) {
    return new Linear(
        null, parameters.matrix(names.outer().projection() + name, outputs, inputs), null);
  }

  private Block block(int block) {
    BlockSize size = config.blocks().get(block);
    ResidualBranch attention =
        branch(
            block,
            size.hasAttention(),
            List.of(
                NormPlace.BEFORE_ATTENTION,
                NormPlace.AFTER_ATTENTION,
                NormPlace.AFTER_ATTENTION_SUM),
            () -> attention(block));
    ResidualBranch feedForward =
        branch(
            block,
            size.hasFeedForward(),
            List.of(
                NormPlace.BEFORE_FEED_FORWARD,
                NormPlace.AFTER_FEED_FORWARD,
                NormPlace.AFTER_FEED_FORWARD_SUM),
            () -> feedForward(block));
    return new Block(config.blockName(block), attention, feedForward, config.stream().parallel());
  }

  /** A branch, or null where its part is absent and no norm of the sum stays behind. */
  private ResidualBranch branch(
      int block, boolean there, List<NormPlace> places, Supplier<Sublayer> sublayer) {
    if (!there && !config.has(places.get(2))) {
      return null;
    }
    NormLayer before = there && names.layout().normsFirst() ? norm(block, places.get(0)) : null;
    Sublayer inner = there ? sublayer.get() : Absent.PART;
    if (there && !names.layout().normsFirst()) {
      before = norm(block, places.get(0));
    }
    NormLayer after = there ? norm(block, places.get(1)) : null;
    ResidualBranch.Norms norms =
        new ResidualBranch.Norms(before, after, norm(block, places.get(2)));
    return new ResidualBranch(norms, config.stream().scales().branch(), inner);
  }

  private NormLayer norm(int block, NormPlace place) {
    return norm(block, place, config.hidden());
  }

  private NormLayer norm(int block, NormPlace place, int width) {
    String name = names.norms().get(place);
    return name == null ? null : parameters.norm(config.blockName(block) + "." + name, width);
  }

  private Linear linear(int block, LinearRole role) {
    return parameters.linear(config.linear(block, role));
  }

  private Sublayer attention(int block) {
    Linear queries = linear(block, LinearRole.QUERY);
    Linear keys = linear(block, LinearRole.KEY);
    Linear values = linear(block, LinearRole.VALUE);
    Linear output = linear(block, LinearRole.OUTPUT);
    boolean whole = config.attention().wholeNorms();
    int width = config.headDimension();
    SelfAttention.Norms norms =
        new SelfAttention.Norms(
            norm(block, NormPlace.QUERY, whole ? queries.shape().outputs() : width),
            norm(block, NormPlace.KEY, whole ? keys.shape().outputs() : width));
    return new SelfAttention(
        SelfAttention.Style.of(config, block), norms, queries, keys, values, output);
  }

  private Sublayer feedForward(int block) {
    if (!config.blocks().get(block).experts().isEmpty()) {
      return mixture(block);
    }
    if (!config.gated()) {
      return new FeedForward(
          config.activation(), linear(block, LinearRole.UP), linear(block, LinearRole.DOWN));
    }
    return gated(block, LinearShape.NO_EXPERT);
  }

  private GatedFeedForward gated(int block, int expert) {
    List<LinearShape> layers = config.feedForward(block, expert);
    return new GatedFeedForward(
        config.activation(),
        parameters.linear(layers.get(0)),
        parameters.linear(layers.get(1)),
        parameters.linear(layers.get(2)));
  }

  private Mixture mixture(int block) {
    BlockSize size = config.blocks().get(block);
    Experts style = config.experts();
    int count = size.experts().size();
    Linear scores = unseen(block, style.names().router(), count);
    List<GatedFeedForward> experts =
        IntStream.range(0, count).mapToObj(expert -> gated(block, expert)).toList();
    Mixture.Shared shared = size.width() == 0 ? null : shared(block, style);
    Router router = new Router(scores, style.perToken(), style.normalised());
    return new Mixture(router, experts, style.emptyGone(), shared);
  }

  private Mixture.Shared shared(int block, Experts style) {
    String gate = style.names().sharedGate();
    return new Mixture.Shared(
        gated(block, LinearShape.NO_EXPERT), gate == null ? null : unseen(block, gate, 1));
  }

  /** A linear layer that no tap sees. */
  private Linear unseen(int block, String module, int outputs) {
    String name = config.blockName(block) + "." + module + ".weight";
    return new Linear(null, parameters.matrix(name, outputs, config.hidden()), null);
  }
}
