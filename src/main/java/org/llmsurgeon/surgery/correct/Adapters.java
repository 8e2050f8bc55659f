package org.llmsurgeon.surgery.correct;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.operate.LayerWeight;

/**
 * Low-rank changes of some layers of a model, or gradients of them. Memory: {@code rank (out + in)}
 * numbers for each layer.
 */
public final class Adapters implements AutoCloseable {
  private final List<Adapter> adapters;

  private Adapters(List<Adapter> adapters) {
    this.adapters = adapters;
  }

  /**
   * All zero.
   *
   * @param device where they live
   * @param layers the layers
   * @param rank at most; never more than a layer's width
   * @param precision number format
   */
  public static Adapters zeros(
      Device device, List<LinearShape> layers, int rank, Precision precision) {
    List<Adapter> adapters = new ArrayList<>();
    for (LinearShape layer : layers) {
      int own = rank(layer, rank);
      adapters.add(
          new Adapter(
              layer,
              device.zeros(precision, layer.outputs(), own),
              device.zeros(precision, own, layer.inputs())));
    }
    return new Adapters(adapters);
  }

  /**
   * As training begins: {@code B = 0}, and {@code A} uniform with variance {@code 1 / rank}, so
   * that a step of {@code r} of all of {@code B} is one of about {@code r} of {@code B A}.
   *
   * @param seed of the draw
   */
  static Adapters initial(Device device, AdapterTargets targets, long seed) {
    Adapters initial = targets.zeros(device, Precision.SINGLE);
    Random random = new Random(seed);
    for (Adapter adapter : initial.adapters) {
      double spread = Math.sqrt(3.0 / adapter.a().rows());
      Rows.fill(
          device,
          adapter.a(),
          (k, row) -> {
            for (int j = 0; j < row.length; j++) {
              row[j] = spread * (2 * random.nextDouble() - 1);
            }
          });
    }
    return initial;
  }

  /** Rank of a layer's adapter: as asked for, but never more than the layer's own. */
  static int rank(LinearShape layer, int rank) {
    return Math.min(rank, Math.min(layer.outputs(), layer.inputs()));
  }

  /**
   * The weight of a layer with its adapter merged into it, as {@link AdaptedModel#merge} does.
   *
   * @param index position of the layer among these
   * @param device where they live
   * @param pruned the weights without adapters
   * @return owned by the caller
   */
  public LayerWeight merge(int index, Device device, WeightSource pruned) {
    Adapter adapter = adapters.get(index);
    LinearShape layer = adapter.layer();
    try (Tensor base = pruned.load(layer.weightName(), device);
        AdaptedLayer adapted = new AdaptedLayer(device, base, adapter.a().rows())) {
      Tensor merged = device.empty(base.precision(), base.rows(), base.columns());
      adapted.merge(adapter, merged);
      Tensor bias = layer.bias() ? pruned.load(layer.biasName(), device) : null;
      return new LayerWeight(merged, bias);
    }
  }

  /** One for each layer, in the model's order. */
  List<Adapter> all() {
    return adapters;
  }

  /** {@code B} and {@code A} of every layer in turn: what a file of adapters holds, in order. */
  public List<Tensor> tensors() {
    return adapters.stream().flatMap(each -> List.of(each.b(), each.a()).stream()).toList();
  }

  @Override
  public void close() {
    adapters.forEach(Adapter::close);
  }
}
