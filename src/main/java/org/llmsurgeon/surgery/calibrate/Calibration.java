package org.llmsurgeon.surgery.calibrate;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.pass.BlockTap;
import org.llmsurgeon.model.pass.Targets;

/**
 * Runs calibration windows through a model and gathers the factors of its linear layers (method,
 * section 1). Time: one forward and backward pass, and {@code n (n + 1)} flops per token for each
 * factor of size {@code n}. Memory: {@code 4 n (n + 1)} bytes for each factor of one block, and
 * what every block reads; more where there is room.
 */
public final class Calibration {
  private final LanguageModel model;
  private final FactorPass pass;
  private final FactorSource earlier;

  /**
   * @param model the model as it is now
   * @param pass what to gather
   * @param earlier what the passes before have given; not used by a pass without weights
   */
  public Calibration(LanguageModel model, FactorPass pass, FactorSource earlier) {
    this.model = model;
    this.pass = pass;
    this.earlier = earlier;
  }

  /**
   * What a shard shows.
   *
   * @param windows its tokens, {@code [windows, context]}
   * @param targets what each position should predict; {@code G} is a mean over the draws
   */
  public record Data(int[][] windows, Targets targets) {
    /**
     * Tokens whose targets are their own next ones.
     *
     * @param windows {@code [windows, context]}
     */
    public Data(int[][] windows) {
      this(windows, Targets.OF_TEXT);
    }

    private int[] lengths(Objective objective) {
      return Arrays.stream(windows)
          .mapToInt(window -> objective.example(window).ids().length)
          .toArray();
    }
  }

  /**
   * What a shard gave beside its sums.
   *
   * @param tokens tokens of the shard
   * @param losses mean cross-entropy of each window, nats; empty where no loss was computed
   */
  public record Seen(long tokens, double[] losses) {}

  /**
   * The sums of one shard, block after block: those of one block exist at a time, unless there is
   * room for all. A pass with gradients goes from the last block to the first.
   *
   * @param data the shard's tokens
   * @param receiver takes each sum once
   * @throws org.llmsurgeon.compute.NonFiniteException if a sum is not finite, naming layer and
   *     factor
   */
  public Seen accumulate(Data data, SumReceiver receiver) {
    int[] lengths = data.lengths(model.config().objective());
    long tokens = Arrays.stream(lengths).asLongStream().sum();
    try (CalibrationSums sums = sums(pass.keys(model.config()), lengths)) {
      BlockTap tap = new BlockSums(sums, data.targets().draws(), receiver);
      if (pass.backward()) {
        double[] losses = model.calibrateByBlock(data.windows(), data.targets(), tap);
        return new Seen(tokens, losses);
      }
      model.forwardByBlock(data.windows(), tap);
      return new Seen(tokens, new double[0]);
    }
  }

  /** Hands over the sums of a block when all windows have gone through it. */
  private final class BlockSums implements BlockTap {
    private final CalibrationSums sums;
    private final int draws;
    private final SumReceiver receiver;

    BlockSums(CalibrationSums sums, int draws, SumReceiver receiver) {
      this.sums = sums;
      this.draws = draws;
      this.receiver = receiver;
    }

    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {
      sums.inputs(layers, input);
    }

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {
      sums.outputGradients(layer, gradient);
    }

    @Override
    public boolean readsPairs() {
      return sums.readsPairs();
    }

    @Override
    public void pair(LinearShape layer, Tensor input, Tensor gradient) {
      sums.pair(layer, input, gradient);
    }

    @Override
    public long bytesOfAllBlocks() {
      return pass.keys(model.config()).stream()
          .mapToLong(key -> pass.bytes(model.config(), key))
          .sum();
    }

    @Override
    public void blockDone(int block) {
      List<LinearShape> layers =
          model.config().linears().stream().filter(each -> each.block() == block).toList();
      sums.finish(pass.keys(layers), draws, receiver);
    }
  }

  private CalibrationSums sums(List<FactorKey> keys, int[] lengths) {
    return switch (pass.gathers()) {
      case EIGENVALUES -> new EigenvalueSums(model.device(), keys, earlier);
      case WEIGHTED_G, WEIGHTED_A -> new WeightedSums(model.device(), pass, keys, earlier);
      case INPUTS, BOTH -> new PlainSums(model.device(), keys);
      case GRADIENTS -> new GradientSums(model.device(), keys);
      case STATISTICS ->
          new StatisticsSums(model.device(), keys, lengths, model.config().headDimension());
    };
  }
}
