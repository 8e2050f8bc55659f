package org.llmsurgeon.surgery.correct;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.accumulate.FactorAccumulator;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;

/**
 * What the layers of an input group read in the pruned model, {@code x}, and in the dense one,
 * {@code d}, for the same tokens: the sums {@code sum_t x_t x_t^T} (packed) and {@code sum_t d_t
 * x_t^T}, where {@code x} and {@code d} end with a 1 for layers that have a bias. Summed in double
 * over the windows of a shard, then rounded; first those that refits are fitted to, then those that
 * they are judged by.
 *
 * @param sums packed {@code [1, n (n + 1) / 2]} and cross {@code [n, n]} of the one, then of the
 *     other, single precision
 */
public record PairedMoments(List<Tensor> sums) implements AutoCloseable {
  /**
   * The first layers of a model's input groups, in the order in which data goes through them.
   *
   * @param config the model
   */
  public static List<LinearShape> groups(ModelConfig config) {
    return config.linears().stream()
        .filter(layer -> layer.name().equals(layer.inputGroup()))
        // Two models may send a token to different experts: then there is nothing to pair.
        .filter(layer -> !layer.ofExpert())
        .toList();
  }

  /**
   * Goes through a shard's windows, with both models side by side: of the blocks only through that
   * of the group.
   *
   * @param device where both models are
   * @param windows the windows
   * @param group first layer of the group to look at
   */
  public static PairedMoments accumulate(
      Device device, PairedRun.Windows windows, LinearShape group) {
    try (Sums fit = new Sums(device, group);
        Sums judge = new Sums(device, group)) {
      for (int i = 0; i < windows.count(); i++) {
        int place = windows.place(i);
        List<Sums> sums = new ArrayList<>();
        if (windows.heldOut().fits(place)) {
          sums.add(fit);
        }
        if (windows.heldOut().judges(place)) {
          sums.add(judge);
        }
        try (PairedRun run = windows.at(i, group.block());
            Seen seen = new Seen(device, group)) {
          run.dense().to(group.block() + 1, seen);
          run.pruned().to(group.block() + 1, new Beside(sums, seen));
        }
      }
      return rounded(device, fit, judge);
    }
  }

  private static PairedMoments rounded(Device device, Sums fit, Sums judge) {
    try (TensorScope scope = new TensorScope(device)) {
      List<Tensor> all = new ArrayList<>(fit.rounded(scope));
      all.addAll(judge.rounded(scope));
      all.forEach(scope::release);
      return new PairedMoments(all);
    }
  }

  @Override
  public void close() {
    sums.forEach(Tensor::close);
  }

  /** Keeps what a group reads in the dense model. */
  private static final class Seen implements LinearTap, AutoCloseable {
    private final LinearShape group;
    private final TensorScope scope;
    private Tensor input;

    Seen(Device device, LinearShape group) {
      this.group = group;
      this.scope = new TensorScope(device);
    }

    @Override
    public void inputs(List<LinearShape> layers, Tensor read) {
      if (layers.get(0).equals(group)) {
        input = scope.empty(read.precision(), read.rows(), read.columns());
        scope.device().copy(read, input);
      }
    }

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}

    @Override
    public void close() {
      scope.close();
    }
  }

  /** Adds what the pruned model reads to the sums, beside what the dense one read. */
  private record Beside(List<Sums> sums, Seen seen) implements LinearTap {
    @Override
    public void inputs(List<LinearShape> layers, Tensor read) {
      if (layers.get(0).equals(seen.group)) {
        sums.forEach(each -> each.add(seen.input, read));
      }
    }

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}
  }

  /** Both sums, of some windows. */
  private static final class Sums implements AutoCloseable {
    private final Device device;
    private final LinearShape group;
    private final FactorAccumulator own;
    private final Tensor cross;

    Sums(Device device, LinearShape group) {
      this.device = device;
      this.group = group;
      this.own = new FactorAccumulator(device, group.inputs(), group.bias());
      this.cross = device.zeros(Precision.DOUBLE, own.size(), own.size());
    }

    void add(Tensor dense, Tensor pruned) {
      own.add(pruned);
      try (TensorScope work = new TensorScope(device)) {
        Tensor part = work.zeros(pruned.precision(), own.size(), own.size());
        if (group.bias()) {
          Tensor inner = work.empty(pruned.precision(), group.inputs(), group.inputs());
          device.multiply(1, dense.transposed(), pruned, 0, inner);
          int[] inputs = IntStream.range(0, group.inputs()).toArray();
          device.scatter(inner, inputs, inputs, part);
          addOnes(work, dense, pruned, part);
        } else {
          device.multiply(1, dense.transposed(), pruned, 0, part);
        }
        device.add(1, part, cross);
      }
    }

    /** The last row and column, where {@code x} and {@code d} end with a 1. */
    private void addOnes(TensorScope work, Tensor dense, Tensor pruned, Tensor part) {
      int width = group.inputs();
      int[] inputs = IntStream.range(0, width).toArray();
      int[] last = {width};
      device.scatter(columnSums(work, dense).reshape(width, 1), inputs, last, part);
      device.scatter(columnSums(work, pruned), last, inputs, part);
      Tensor tokens = work.own(device.tensor(pruned.precision(), 1, 1, pruned.rows()));
      device.scatter(tokens, last, last, part);
    }

    private Tensor columnSums(TensorScope work, Tensor x) {
      Tensor sums = work.zeros(x.precision(), 1, x.columns());
      device.addColumnSums(x, sums);
      return sums;
    }

    List<Tensor> rounded(TensorScope scope) {
      own.checkFinite(group.name(), "A");
      Tensor packed = scope.empty(1, own.sum().columns());
      Tensor full = scope.empty(own.size(), own.size());
      device.copy(own.sum(), packed);
      device.copy(cross, full);
      return List.of(packed, full);
    }

    @Override
    public void close() {
      own.close();
      cross.close();
    }
  }
}
