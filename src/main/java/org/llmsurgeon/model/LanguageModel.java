package org.llmsurgeon.model;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.pass.Batch;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.BlockTap;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.RotaryTables;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.weights.StoredTensors;
import org.llmsurgeon.model.weights.WeightSource;

/**
 * A language model on a device: losses, and gradients of them. A window is a sequence of token ids;
 * its loss is the mean cross-entropy, in nats, of what its positions are to say: the next tokens
 * (the last position has no target), or what else the {@link Objective} asks.
 *
 * <p>Windows run in batches of {@link MemoryLimits#tokensPerBlock} tokens; neighbours of equal
 * length share a batch. Several threads may run one model at the same time while none changes its
 * weights. All runs throw {@link org.llmsurgeon.InputException} for a window that the model cannot
 * read (too short, longer than its positions, an id outside the vocabulary), and {@link
 * NonFiniteException} where a number is not finite.
 */
public final class LanguageModel implements AutoCloseable {
  private final ModelConfig config;
  private final Network network;
  private final Device device;
  private final MemoryLimits limits;
  private final RotaryTables tables;

  private LanguageModel(ModelConfig config, Network network, Device device, MemoryLimits limits) {
    this.config = config;
    this.network = network;
    this.device = device;
    this.limits = limits;
    this.tables = new RotaryTables(config, device, precision());
  }

  /**
   * Loads a model with the limits of its device.
   *
   * @param config what network it is
   * @param weights its weights
   * @param device where to run it
   * @throws org.llmsurgeon.InputException naming a tensor that is absent or has another shape than
   *     the configuration says
   */
  public static LanguageModel load(ModelConfig config, WeightSource weights, Device device) {
    return load(config, weights, device, MemoryLimits.of(device));
  }

  /**
   * Loads a model.
   *
   * @param described what network it is; {@link ModelConfig#storedAs} has the last word
   * @param weights its weights; {@link WeightSource#writable()} where they will be changed
   * @param device where to run it
   * @param limits memory that a run may take
   * @throws org.llmsurgeon.InputException naming a tensor that is absent or has another shape than
   *     the configuration says
   */
  public static LanguageModel load(
      ModelConfig described, WeightSource weights, Device device, MemoryLimits limits) {
    ModelConfig config = described.storedAs(weights::contains);
    Network network = Network.describe(config);
    network.parameters().load(plain(config, weights), device);
    return new LanguageModel(config, network, device, limits);
  }

  /** The network's tensors one by one, from a checkpoint or from somebody who took it apart. */
  private static WeightSource plain(ModelConfig config, WeightSource weights) {
    StoredTensors stored = StoredTensors.of(config, weights::contains);
    return stored.isTakenApart(config, weights::contains) ? weights : stored.over(weights);
  }

  /**
   * Every tensor that a network needs, with its shape, in the order of the network. A tied head is
   * not among them. Where a checkpoint holds several in one, see {@link StoredTensors}.
   *
   * @param config the network
   */
  public static Map<String, int[]> tensors(ModelConfig config) {
    return Network.describe(config).parameters().shapes();
  }

  /** What network it is. */
  public ModelConfig config() {
    return config;
  }

  /** What another model says, to hold this one against; see {@link Distillation}. */
  Network network() {
    return network;
  }

  /** Where it runs. */
  public Device device() {
    return device;
  }

  /** Number format of the weights and of everything computed from them. */
  public Precision precision() {
    return network.parameters().precision();
  }

  /** Checkpoint names of all parameters, in the order of the network. */
  public List<String> parameterNames() {
    return network.parameters().names();
  }

  /**
   * The live tensor of a parameter. Whoever changes it changes the model.
   *
   * @param name its checkpoint name
   * @return the weight; a vector is {@code [1, n]}; owned by the model
   * @throws IllegalArgumentException where the network has no such parameter
   */
  public Tensor weight(String name) {
    return network.parameters().byName(name).tensor();
  }

  /**
   * Zero gradients of all parameters.
   *
   * @param precision number format of the sums
   */
  public ParameterGradients zeroGradients(Precision precision) {
    return zeroGradients(precision, parameterNames());
  }

  /**
   * Zero gradients of some parameters; the others' are not computed.
   *
   * @param precision number format of the sums
   * @param names the parameters
   */
  public ParameterGradients zeroGradients(Precision precision, Collection<String> names) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    names.forEach(name -> weights.put(name, weight(name)));
    return ParameterGradients.zeros(device, precision, weights);
  }

  /**
   * Losses, forward only.
   *
   * @param windows token ids, at least 2 each
   * @return each window's loss, in nats
   */
  public double[] losses(int[][] windows) {
    return forward(windows, null);
  }

  /**
   * Losses, forward only, with a look at what the linear layers read.
   *
   * @param windows token ids, at least 2 each
   * @param tap sees the inputs
   * @return each window's loss, in nats
   */
  public double[] forward(int[][] windows, LinearTap tap) {
    return run(windows, tap, null, this::losses);
  }

  /**
   * Forward and backward of the sum of the windows' losses, so that each window's gradients are
   * those of its own loss. Only gradients of activations are computed.
   *
   * @param windows token ids, at least 2 each
   * @param tap sees the linear layers' inputs and output gradients
   * @return each window's loss, in nats
   */
  public double[] calibrate(int[][] windows, LinearTap tap) {
    return calibrate(windows, Targets.OF_TEXT, tap);
  }

  /**
   * As {@link #calibrate(int[][], LinearTap)}, for the losses of other targets: one forward, and a
   * backward for each draw.
   *
   * @param windows token ids, at least 2 each
   * @param targets what each position should predict
   * @param tap sees the linear layers' inputs once and their output gradients once for each draw
   * @return each window's loss of its text, in nats
   */
  public double[] calibrate(int[][] windows, Targets targets, LinearTap tap) {
    return run(windows, tap, null, pass -> propagate(pass, 1, targets));
  }

  /**
   * As {@link #forward(int[][], LinearTap)}, block after block.
   *
   * @param windows token ids, at least 2 each
   * @param tap sees the inputs of the first block for all windows, then those of the second
   * @return each window's loss, in nats
   */
  public double[] forwardByBlock(int[][] windows, BlockTap tap) {
    return byBlock(windows, tap, BlockwiseRun::forward);
  }

  /**
   * As {@link #calibrate(int[][], Targets, LinearTap)}, block after block: the tap sees the same
   * tensors, but those of the last block first for all windows, then those of the one before it.
   * What blocks read is kept in memory or in a temporary file, see {@link MemoryLimits}.
   *
   * @param windows token ids, at least 2 each
   * @param targets what each position should predict
   * @param tap sees the linear layers' inputs once and their output gradients once for each draw
   * @return each window's loss of its text, in nats
   */
  public double[] calibrateByBlock(int[][] windows, Targets targets, BlockTap tap) {
    return byBlock(windows, tap, run -> run.calibrate(targets));
  }

  private double[] byBlock(int[][] windows, BlockTap tap, Function<BlockwiseRun, double[]> how) {
    Batch.check(windows, config);
    try (RunGround ground = ground()) {
      List<Pass> passes =
          Batch.split(windows, config.objective(), limits.tokensPerBlock()).stream()
              .map(batch -> ground.pass(batch, tap, null))
              .toList();
      try (BlockwiseRun run = new BlockwiseRun(network, passes, limits, tap)) {
        return how.apply(run);
      }
    } catch (NonFiniteLoss loss) {
      throw explained(loss);
    }
  }

  /**
   * Sets out on a forward pass that stops between blocks.
   *
   * @param window token ids, at least 2
   * @return before the embedding; owned by the caller
   */
  public WindowRun enter(int[] window) {
    int[][] alone = {window};
    Batch.check(alone, config);
    Batch batch = Batch.split(alone, config.objective(), limits.tokensPerBlock()).get(0);
    return new WindowRun(network, this::ground, batch, limits);
  }

  /**
   * Draws targets, forward only.
   *
   * @param windows token ids, at least 2 each
   * @param how how to draw, and how many
   * @return {@code [windows, draws, context]}, as {@link Targets.Given} takes them; the last
   *     position of each window has token 0
   */
  public int[][][] draw(int[][] windows, Targets.Drawn how) {
    int[][][] all = new int[windows.length][how.draws()][];
    run(
        windows,
        null,
        null,
        pass -> {
          List<BatchTargets> draws =
              IntStream.range(0, how.draws())
                  .mapToObj(draw -> BatchTargets.of(pass, how, draw))
                  .toList();
          int[][] tokens = network.targets(pass, limits, draws);
          for (int draw = 0; draw < tokens.length; draw++) {
            pass.batch().split(tokens[draw], draw, all);
          }
          return new double[pass.batch().sequences()];
        });
    return all;
  }

  double[] losses(Pass pass) {
    return pass.batch().means(network.losses(pass, limits));
  }

  /**
   * Forward and backward, with gradients of parameters.
   *
   * @param windows token ids, at least 2 each
   * @param lossScale factor on the sum of the windows' losses whose gradient is taken; 1 / windows
   *     for that of their mean
   * @param into takes the gradients, added to what it holds
   * @return each window's loss, in nats, not scaled
   */
  public double[] gradients(int[][] windows, double lossScale, ParameterGradients into) {
    return run(windows, null, into, pass -> propagate(pass, lossScale, Targets.OF_TEXT));
  }

  /**
   * All logits of one window as it is, no token hidden.
   *
   * @param window token ids, at least 1; or an image with a label, which does not matter
   * @return {@code [tokens, outputs]}, owned by the caller
   */
  public Tensor logits(int[] window) {
    return logits(
        config.readsImages()
            ? config.objective().example(window)
            : new Objective.Example(window, null));
  }

  /**
   * All logits of an example.
   *
   * @param example its targets do not matter
   * @return {@code [tokens, outputs]}, owned by the caller
   */
  public Tensor logits(Objective.Example example) {
    Batch batch = Batch.asItIs(example);
    Batch.check(batch.ids(), 0, config.size(), 1);
    Tensor logits = device.empty(precision(), batch.length(), config.ends().outputs());
    try (RunGround ground = ground()) {
      network.logits(ground.pass(batch, null, null), logits);
      return logits;
    } catch (RuntimeException failure) {
      logits.close();
      throw failure;
    }
  }

  /**
   * Embeddings of texts, of a model that makes some.
   *
   * @param windows token ids, at least 2 each
   * @return {@code [windows][hidden]}, each of length 1
   */
  public double[][] embeddings(int[][] windows) {
    double[][] all = new double[windows.length][];
    run(
        windows,
        null,
        null,
        pass -> {
          double[][] some = network.embeddings(pass);
          System.arraycopy(some, 0, all, pass.batch().first(), some.length);
          return new double[some.length];
        });
    return all;
  }

  double[] propagate(Pass pass, double lossScale, Targets targets) {
    try (Backpropagation run = new Backpropagation(network, pass, limits)) {
      return run.run(pass.batch().meanWeights(lossScale), targets);
    }
  }

  double[] run(
      int[][] windows, LinearTap tap, ParameterGradients into, Function<Pass, double[]> how) {
    Batch.check(windows, config);
    double[] losses = new double[windows.length];
    try (RunGround ground = ground()) {
      for (Batch batch : Batch.split(windows, config.objective(), limits.tokensPerBlock())) {
        Pass pass = ground.pass(batch, tap, into);
        double[] part = how.apply(pass);
        pass.settle();
        System.arraycopy(part, 0, losses, batch.first(), part.length);
      }
      return losses;
    } catch (NonFiniteLoss loss) {
      throw explained(loss);
    }
  }

  private NonFiniteException explained(NonFiniteLoss loss) {
    try (RunGround ground = ground()) {
      return network.explainNonFinite(ground.pass(loss.batch(), null, null), limits);
    }
  }

  private RunGround ground() {
    return new RunGround(device, precision(), tables);
  }

  @Override
  public void close() {
    try (tables) {
      network.parameters().close();
    }
  }
}
