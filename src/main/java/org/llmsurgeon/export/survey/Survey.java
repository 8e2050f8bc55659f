package org.llmsurgeon.export.survey;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;

/**
 * Finds out what is gone in a model with zeros, whoever made them:
 *
 * <ul>
 *   <li>a neuron, where nobody reads it (its column of the down projection is zero) or its output
 *       is constant: with a gate, where the rows of gate or up say so; without, where its row of
 *       the up projection is zero, so that it says {@code activation(bias)};
 *   <li>a query head, where nobody reads it (its columns of the output projection are zero), or all
 *       value rows that it reads are zero, so that it says the value layer's bias: the weights of
 *       an attention sum to 1;
 *   <li>a key and value head, where all its query heads are gone.
 * </ul>
 *
 * A constant that is not 0 can be left out where there is a bias behind that takes it up. Where
 * queries and keys are normalised over all heads at once, heads stay as long as one is left: each
 * counts in the others' norm.
 */
public final class Survey {
  private final ModelConfig config;
  private final NetworkTensors tensors;
  private final Device device;

  private Survey(ModelFolder folder, ModelConfig config, Device device) {
    this.config = config;
    this.tensors = new NetworkTensors(folder, config);
    this.device = device;
  }

  /**
   * Reads all linear layers of a model, one at a time.
   *
   * @param folder the model
   * @param config its configuration
   * @param device reads the weights
   */
  public static List<BlockSurvey> of(ModelFolder folder, ModelConfig config, Device device) {
    Survey survey = new Survey(folder, config, device);
    List<BlockSurvey> blocks = new ArrayList<>();
    for (int block = 0; block < config.blockCount(); block++) {
      blocks.add(survey.block(block));
    }
    StreamConstants constants = new StreamConstants(config, blocks, survey.tensors, survey.device);
    blocks.replaceAll(each -> moved(each, constants));
    return blocks;
  }

  /** The block; its sublayers need not stay for a constant that another's bias can take up. */
  private static BlockSurvey moved(BlockSurvey block, StreamConstants constants) {
    int attention = StreamConstants.sublayer(block.block(), LinearRole.OUTPUT);
    int feedForward = StreamConstants.sublayer(block.block(), LinearRole.DOWN);
    return block.withConstants(
        block.constants().attention() && constants.home(attention) == attention,
        block.constants().feedForward() && constants.home(feedForward) == feedForward);
  }

  private BlockSurvey block(int block) {
    Map<LinearRole, BlockSurvey.Matrix> matrices =
        matrices(config.linears(block).stream().filter(each -> !each.ofExpert()).toList());
    List<BlockSurvey.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < config.blocks().get(block).experts().size(); expert++) {
      Map<LinearRole, BlockSurvey.Matrix> own = matrices(config.feedForward(block, expert));
      boolean zero = own.get(LinearRole.DOWN).lines().elements() == 0;
      boolean gone = zero && config.experts().emptyGone();
      experts.add(new BlockSurvey.Expert(own, feedForward(own).left(), gone));
    }
    Sublayer neurons = feedForward(matrices);
    Sublayer heads = attention(matrices);
    return new BlockSurvey(
        block,
        config.headDimension(),
        matrices,
        experts,
        neurons.left(),
        heads.left(),
        new BlockSurvey.Constants(
            neurons.constants(),
            heads.constants(),
            addsBias(matrices.get(LinearRole.OUTPUT), heads),
            addsBias(matrices.get(LinearRole.DOWN), neurons)));
  }

  private Map<LinearRole, BlockSurvey.Matrix> matrices(List<LinearShape> shapes) {
    Map<LinearRole, BlockSurvey.Matrix> matrices = new EnumMap<>(LinearRole.class);
    for (LinearShape shape : shapes) {
      matrices.put(shape.role(), new BlockSurvey.Matrix(shape, lines(shape)));
    }
    return matrices;
  }

  /** Whether a sublayer says something whatever its input, through the bias of its last layer. */
  private boolean addsBias(BlockSurvey.Matrix last, Sublayer units) {
    return last != null
        && DoubleStream.concat(
                DoubleStream.of(bias(last.shape())), DoubleStream.of(units.constants()))
            .anyMatch(each -> each != 0);
  }

  /**
   * Units of a sublayer.
   *
   * @param left those whose output depends on the input
   * @param constants what the others say
   */
  private record Sublayer(BitSet left, double[] constants) {}

  private Sublayer feedForward(Map<LinearRole, BlockSurvey.Matrix> matrices) {
    BlockSurvey.Matrix down = matrices.get(LinearRole.DOWN);
    if (down == null) {
      return new Sublayer(new BitSet(), new double[0]);
    }
    BlockSurvey.Matrix up = matrices.get(LinearRole.UP);
    BlockSurvey.Matrix gate = matrices.get(LinearRole.GATE);
    double[] upBias = bias(up.shape());
    double[] active = activated(gate == null ? upBias : bias(gate.shape()));
    double[] constants = new double[down.shape().inputs()];
    BitSet left = new BitSet();
    for (int neuron = 0; neuron < constants.length; neuron++) {
      boolean upMoves = up.lines().rows().get(neuron);
      boolean gateMoves = gate != null && gate.lines().rows().get(neuron);
      boolean alive = upMoves || gateMoves;
      double constant = active[neuron];
      if (gate != null) {
        alive =
            upMoves && (gateMoves || active[neuron] != 0)
                || gateMoves && (upMoves || upBias[neuron] != 0);
        constant = active[neuron] * upBias[neuron];
      }
      boolean read = down.lines().columns().get(neuron);
      if (read && (alive || constant != 0 && !down.shape().bias())) {
        left.set(neuron);
      } else if (read && !alive) {
        constants[neuron] = constant;
      }
    }
    return new Sublayer(left, constants);
  }

  private Sublayer attention(Map<LinearRole, BlockSurvey.Matrix> matrices) {
    BlockSurvey.Matrix output = matrices.get(LinearRole.OUTPUT);
    if (output == null) {
      return new Sublayer(new BitSet(), new double[0]);
    }
    BlockSurvey.Matrix value = matrices.get(LinearRole.VALUE);
    int width = config.headDimension();
    double[] valueBias = bias(value.shape());
    double[] constants = new double[output.shape().inputs()];
    int heads = constants.length / width;
    int inGroup = value.shape().outputs() == 0 ? 1 : constants.length / value.shape().outputs();
    BitSet left = new BitSet();
    for (int head = 0; head < heads; head++) {
      int first = head * width;
      int values = head / inGroup * width;
      BitSet read = output.lines().columns().get(first, first + width);
      BitSet moving = value.lines().rows().get(values, values + width);
      double[] constant = Arrays.copyOfRange(valueBias, values, values + width);
      boolean says = Arrays.stream(constant).anyMatch(each -> each != 0);
      if (!read.isEmpty() && (!moving.isEmpty() || says && !output.shape().bias())) {
        left.set(head);
      } else if (!read.isEmpty()) {
        System.arraycopy(constant, 0, constants, first, width);
      }
    }
    if (config.attention().wholeNorms() && !left.isEmpty()) {
      left.set(0, heads);
      Arrays.fill(constants, 0);
    }
    return new Sublayer(left, constants);
  }

  private ZeroLines lines(LinearShape shape) {
    if (shape.outputs() == 0 || shape.inputs() == 0) {
      return new ZeroLines(new BitSet(), new BitSet(), 0);
    }
    try (Tensor weight = tensors.load(shape.weightName(), device)) {
      return ZeroLines.of(weight, device);
    }
  }

  private double[] bias(LinearShape shape) {
    if (!shape.bias() || shape.outputs() == 0) {
      return new double[shape.outputs()];
    }
    try (Tensor bias = tensors.load(shape.biasName(), device)) {
      return device.values(bias);
    }
  }

  /** The activation of each element, as the network computes it. */
  private double[] activated(double[] raised) {
    if (raised.length == 0) {
      return raised;
    }
    try (Tensor in = device.tensor(Precision.SINGLE, 1, raised.length, raised);
        Tensor out = device.empty(Precision.SINGLE, 1, raised.length)) {
      device.activate(config.activation(), in, out);
      return device.values(out);
    }
  }
}
