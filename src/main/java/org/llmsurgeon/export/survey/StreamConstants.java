package org.llmsurgeon.export.survey;

import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.NormPlace;

/**
 * What sublayers add to the residual stream whatever they read: the bias of their last layer, and
 * what their constant units say through it. Of a sublayer in which nothing else is left that may as
 * well be added by the one before it, or by the table of positions before all of them: nobody reads
 * the stream in between. Sublayers are numbered along the stream, attention 0, feed-forward 0,
 * attention 1 and so on.
 */
public final class StreamConstants {
  /** In place of a sublayer: the table of learned positions, before all of them. */
  public static final int POSITIONS = -1;

  private final ModelConfig config;
  private final List<BlockSurvey> blocks;
  private final NetworkTensors tensors;
  private final Device device;
  private final boolean plain;

  /** What the blocks of a network add whatever they read. */
  public StreamConstants(
      ModelConfig config, List<BlockSurvey> blocks, NetworkTensors tensors, Device device) {
    this.config = config;
    this.blocks = blocks;
    this.tensors = tensors;
    this.device = device;
    this.plain =
        !config.stream().parallel()
            && Stream.of(
                    NormPlace.AFTER_ATTENTION,
                    NormPlace.AFTER_ATTENTION_SUM,
                    NormPlace.AFTER_FEED_FORWARD,
                    NormPlace.AFTER_FEED_FORWARD_SUM)
                .noneMatch(config::has);
  }

  /** Number of the sublayer that a block's layer ends. */
  public static int sublayer(int block, LinearRole last) {
    return 2 * block + (last == LinearRole.OUTPUT ? 0 : 1);
  }

  /** How many sublayers there are. */
  public int count() {
    return 2 * blocks.size();
  }

  /**
   * The sublayer whose bias can take up what one adds: the last before it in which units are left,
   * where that has a bias; where there is none before it {@link #POSITIONS}, in a network that has
   * them; else, and where units are left in it, itself.
   */
  public int home(int sublayer) {
    if (!plain || isLeft(sublayer)) {
      return sublayer;
    }
    int before = sublayer - 1;
    while (before >= 0 && !isLeft(before)) {
      before--;
    }
    boolean takesUp =
        before < 0 ? positions() != null : last(before) != null && last(before).shape().bias();
    return takesUp ? Math.max(before, POSITIONS) : sublayer;
  }

  /** The table whose rows are added to all tokens' and by nothing scaled afterwards, or null. */
  public String positions() {
    return config.has(NormPlace.EMBEDDING) ? null : config.names().outer().positions();
  }

  private boolean isLeft(int sublayer) {
    BlockSurvey block = blocks.get(sublayer / 2);
    return sublayer % 2 == 0
        ? !block.heads().isEmpty()
        : !block.neurons().isEmpty() || !block.experts().isEmpty();
  }

  /** Its last layer; null where the block has no such sublayer. */
  private BlockSurvey.Matrix last(int sublayer) {
    LinearRole role = sublayer % 2 == 0 ? LinearRole.OUTPUT : LinearRole.DOWN;
    return blocks.get(sublayer / 2).matrices().get(role);
  }

  /**
   * What a sublayer adds whatever it reads.
   *
   * @param sublayer its number
   * @return as many sums as the stream is wide and, after them, those of the magnitudes
   */
  public double[] of(int sublayer) {
    double[] sums = new double[2 * config.hidden()];
    BlockSurvey.Matrix matrix = last(sublayer);
    if (matrix == null) {
      return sums;
    }
    LinearShape shape = matrix.shape();
    if (shape.bias()) {
      try (Tensor bias = tensors.load(shape.biasName(), device)) {
        add(device.values(bias), sums);
      }
    }
    BlockSurvey block = blocks.get(sublayer / 2);
    double[] constants =
        sublayer % 2 == 0 ? block.constants().heads() : block.constants().neurons();
    BitSet says = new BitSet();
    IntStream.range(0, constants.length).filter(i -> constants[i] != 0).forEach(says::set);
    if (!says.isEmpty()) {
      add(said(shape, constants, says), sums);
    }
    return sums;
  }

  private static void add(double[] terms, double[] sums) {
    int size = sums.length / 2;
    for (int i = 0; i < size; i++) {
      sums[i] += terms[i];
      sums[size + i] += terms.length > size ? terms[size + i] : Math.abs(terms[i]);
    }
  }

  /** What constant units say through the weight, and the sums of the magnitudes. */
  private double[] said(LinearShape shape, double[] constants, BitSet says) {
    int size = shape.outputs();
    double[] sums = new double[2 * size];
    double[] row = new double[shape.inputs()];
    try (Tensor weight = tensors.load(shape.weightName(), device)) {
      for (int i = 0; i < size; i++) {
        device.download(weight, (long) i * row.length, row, 0, row.length);
        for (int unit = says.nextSetBit(0); unit >= 0; unit = says.nextSetBit(unit + 1)) {
          sums[i] += row[unit] * constants[unit];
          sums[size + i] += Math.abs(row[unit] * constants[unit]);
        }
      }
    }
    return sums;
  }

  /**
   * What all sublayers add whose constants can be in one's bias, its own among them.
   *
   * @param sublayer its number, or {@link #POSITIONS}
   * @return as {@link #of}
   */
  public double[] gathered(int sublayer) {
    double[] sums = new double[2 * config.hidden()];
    IntStream.range(0, count())
        .filter(each -> home(each) == sublayer)
        .forEach(each -> add(of(each), sums));
    return sums;
  }
}
