package org.llmsurgeon.surgery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.FactorAccumulator;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.LinearTap;
import org.llmsurgeon.model.ModelConfig;

/**
 * What the layers of a block read in the pruned model, {@code x}, and in the dense one, {@code d},
 * for the same tokens: the sums {@code sum_t x_t x_t^T} (packed) and {@code sum_t d_t x_t^T} of
 * each input group, where {@code x} and {@code d} end with a 1 for layers that have a bias. Summed
 * in double over the windows of a shard, then rounded.
 *
 * @param sums of each input group in the order of the block: packed {@code [1, n (n + 1) / 2]} and
 *     cross {@code [n, n]}, single precision
 * @param losses of each window in the pruned model, nats
 */
public record PairedMoments(List<Tensor> sums, double[] losses) implements AutoCloseable {
  /**
   * The first layers of a block's input groups.
   *
   * @param config the model
   * @param block from 0; none has more than {@code config.blocks()}
   */
  public static List<LinearShape> groups(ModelConfig config, int block) {
    return config.linears().stream()
        .filter(layer -> layer.block() == block && layer.name().equals(layer.inputGroup()))
        .toList();
  }

  /**
   * Goes through a shard's windows, with both models side by side.
   *
   * @param dense the model before the first shot
   * @param pruned the model as it is
   * @param windows tokens, {@code [windows, context]}
   * @param block whose layers to look at; {@code config.blocks()} for none, so for the losses alone
   */
  public static PairedMoments accumulate(
      LanguageModel dense, LanguageModel pruned, int[][] windows, int block) {
    List<LinearShape> groups = groups(pruned.config(), block);
    double[] losses = new double[windows.length];
    try (TensorScope scope = new TensorScope(pruned.device());
        Sums sums = new Sums(pruned.device(), groups)) {
      for (int i = 0; i < windows.length; i++) {
        int[][] window = {windows[i]};
        if (groups.isEmpty()) {
          losses[i] = pruned.losses(window)[0];
        } else {
          try (Seen seen = new Seen(pruned.device(), groups)) {
            dense.forward(window, seen);
            losses[i] = pruned.forward(window, new Beside(sums, seen))[0];
          }
        }
      }
      return new PairedMoments(sums.rounded(scope), losses);
    }
  }

  @Override
  public void close() {
    sums.forEach(Tensor::close);
  }

  /** Keeps what the groups of a block read in the dense model. */
  private static final class Seen implements LinearTap, AutoCloseable {
    private final Device device;
    private final List<String> groups;
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();

    Seen(Device device, List<LinearShape> groups) {
      this.device = device;
      this.groups = groups.stream().map(LinearShape::name).toList();
    }

    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {
      String name = layers.get(0).name();
      if (groups.contains(name)) {
        Tensor copy = device.empty(input.precision(), input.rows(), input.columns());
        device.copy(input, copy);
        inputs.put(name, copy);
      }
    }

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}

    @Override
    public void close() {
      inputs.values().forEach(Tensor::close);
    }
  }

  /** Adds what the pruned model reads to the sums, beside what the dense one read. */
  private record Beside(Sums sums, Seen seen) implements LinearTap {
    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {
      Tensor dense = seen.inputs.get(layers.get(0).name());
      if (dense != null) {
        sums.of.get(layers.get(0).name()).add(dense, input);
      }
    }

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}
  }

  /** The sums of all groups. */
  private static final class Sums implements AutoCloseable {
    private final Device device;
    private final Map<String, Group> of = new LinkedHashMap<>();

    Sums(Device device, List<LinearShape> groups) {
      this.device = device;
      groups.forEach(group -> of.put(group.name(), new Group(device, group)));
    }

    List<Tensor> rounded(TensorScope scope) {
      List<Tensor> rounded = new ArrayList<>();
      for (Group group : of.values()) {
        group.own.checkFinite(group.name, "A");
        for (Tensor sum : List.of(group.own.sum(), group.cross)) {
          Tensor single = scope.empty(Precision.SINGLE, sum.rows(), sum.columns());
          device.copy(sum, single);
          rounded.add(single);
        }
      }
      rounded.forEach(scope::release);
      return rounded;
    }

    @Override
    public void close() {
      of.values().forEach(Group::close);
    }
  }

  /** The sums of one group. */
  private static final class Group implements AutoCloseable {
    private final Device device;
    private final String name;
    private final int width;
    private final boolean bias;
    private final FactorAccumulator own;
    private final Tensor cross;

    Group(Device device, LinearShape first) {
      this.device = device;
      this.name = first.name();
      this.width = first.inputs();
      this.bias = first.bias();
      this.own = new FactorAccumulator(device, width, bias);
      this.cross = device.zeros(Precision.DOUBLE, own.size(), own.size());
    }

    void add(Tensor dense, Tensor pruned) {
      own.add(pruned);
      try (TensorScope work = new TensorScope(device);
          Tensor part = device.zeros(pruned.precision(), own.size(), own.size())) {
        Tensor inner = bias ? work.empty(pruned.precision(), width, width) : part;
        device.multiply(1, dense.transposed(), pruned, 0, inner);
        if (bias) {
          int[] inputs = java.util.stream.IntStream.range(0, width).toArray();
          device.scatter(inner, inputs, inputs, part);
          Tensor ofDense = columnSums(work, dense);
          Tensor ofPruned = columnSums(work, pruned);
          device.scatter(ofDense.reshape(width, 1), inputs, new int[] {width}, part);
          device.scatter(ofPruned, new int[] {width}, inputs, part);
          Tensor tokens = work.own(device.tensor(pruned.precision(), 1, 1, pruned.rows()));
          device.scatter(tokens, new int[] {width}, new int[] {width}, part);
        }
        device.add(1, part, cross);
      }
    }

    private Tensor columnSums(TensorScope work, Tensor x) {
      Tensor sums = work.zeros(x.precision(), 1, width);
      device.addColumnSums(x, sums);
      return sums;
    }

    @Override
    public void close() {
      own.close();
      cross.close();
    }
  }
}
