package org.llmsurgeon.surgery.recover;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.llmsurgeon.compute.AdamStep;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.surgery.correct.Adam;
import org.llmsurgeon.surgery.correct.AdamOptions;
import org.llmsurgeon.surgery.operate.LayerWeight;

/**
 * One layer in a recovery: its weights, and the running means that {@link Adam} keeps of their
 * gradients. What is 0 stays exactly 0, and so does the bias of a row of zeros. A learning rate is
 * a share of the root mean square of the weights that the cut has left, whatever their size (ours,
 * as for adapters). Memory: three numbers for each weight, and in a step five more.
 */
public final class TrainedLayer implements AutoCloseable {
  /** Decoupled decay as a share of the learning rate, as is usual for fine-tuning. */
  private static final AdamOptions OPTIONS =
      new AdamOptions(0.9, 0.999, 1e-8, 0.01, Double.POSITIVE_INFINITY);

  private final Device device;
  private final LinearShape layer;
  private final TensorScope scope;
  private final List<Tensor> weights = new ArrayList<>();
  private final List<Tensor> first = new ArrayList<>();
  private final List<Tensor> second = new ArrayList<>();

  private TrainedLayer(Device device, LinearShape layer) {
    this.device = device;
    this.layer = layer;
    this.scope = new TensorScope(device);
  }

  /**
   * A layer before its first step.
   *
   * @param device where it lives
   * @param layer the layer
   * @param pruned its weights
   */
  public static TrainedLayer start(Device device, LinearShape layer, WeightSource pruned) {
    TrainedLayer started = empty(device, layer);
    try (LayerWeight cut = LayerWeight.load(device, layer, pruned)) {
      device.copy(cut.weight(), started.weights.get(0));
      if (layer.bias()) {
        device.copy(cut.bias(), started.weights.get(1));
      }
      return started;
    } catch (RuntimeException failure) {
      started.close();
      throw failure;
    }
  }

  /**
   * A layer whose {@link #tensors} are still to be written.
   *
   * @param device where it lives
   * @param layer the layer
   */
  public static TrainedLayer empty(Device device, LinearShape layer) {
    TrainedLayer empty = new TrainedLayer(device, layer);
    for (List<Tensor> part : List.of(empty.weights, empty.first, empty.second)) {
      part.addAll(zeros(empty.scope, layer, Precision.SINGLE));
    }
    return empty;
  }

  /**
   * Tensors of the shapes of a layer's parameters: its weight, then its bias where it has one.
   *
   * @param scope owns them
   * @param layer the layer
   * @param precision their number format
   */
  public static List<Tensor> zeros(TensorScope scope, LinearShape layer, Precision precision) {
    List<Tensor> zeros = new ArrayList<>();
    zeros.add(scope.zeros(precision, layer.outputs(), layer.inputs()));
    if (layer.bias()) {
      zeros.add(scope.zeros(precision, 1, layer.outputs()));
    }
    return zeros;
  }

  /** The weight, and the bias where the layer has one; single precision. */
  public List<Tensor> weights() {
    return List.copyOf(weights);
  }

  /** All of its state in a fixed order: what a file of it holds, the weights first. */
  public List<Tensor> tensors() {
    List<Tensor> all = new ArrayList<>(weights);
    all.addAll(first);
    all.addAll(second);
    return all;
  }

  /**
   * Root mean square of the weights that are not 0; 0 where all are.
   *
   * @return what learning rates are shares of, taken before the first step
   */
  public double size() {
    Tensor weight = weights.get(0);
    long kept = weight.size() - ElementMask.ofZeros(device, weight).count();
    double squares = Arrays.stream(device.rowDots(weight, weight)).sum();
    return kept == 0 ? 0 : Math.sqrt(squares / kept);
  }

  /**
   * A step.
   *
   * @param step which one
   * @param size what its rate is a share of
   * @param parts for each part in order: writes the gradients of its sum of losses into tensors as
   *     {@link #zeros} makes them
   * @throws ArithmeticException naming the layer, where a gradient is not finite
   */
  public void step(Recovery.Step step, double size, List<Consumer<List<Tensor>>> parts) {
    try (TensorScope work = new TensorScope(device)) {
      List<Tensor> gradients = zeros(work, layer, Precision.SINGLE);
      List<Tensor> sums = zeros(work, layer, Precision.DOUBLE);
      for (Consumer<List<Tensor>> part : parts) {
        part.accept(gradients);
        for (int i = 0; i < sums.size(); i++) {
          device.add(1, gradients.get(i), sums.get(i));
        }
      }
      for (int i = 0; i < sums.size(); i++) {
        device.scale(1.0 / step.windows(), sums.get(i));
        device.copy(sums.get(i), gradients.get(i));
      }
      mask(gradients);
      new Adam(device, parameters(gradients), OPTIONS, step.number() - 1).step(step.rate() * size);
    }
  }

  /** Clears the gradients of what is gone: where those are 0 from the first step on, it stays. */
  private void mask(List<Tensor> gradients) {
    ElementMask gone = ElementMask.ofZeros(device, weights.get(0));
    gone.clear(device, gradients.get(0));
    if (layer.bias()) {
      double[] bias = device.values(weights.get(1));
      double[] gradient = device.values(gradients.get(1));
      for (int row = 0; row < bias.length; row++) {
        if (bias[row] == 0 && gone.count(row) == gone.columns()) {
          gradient[row] = 0;
        }
      }
      device.upload(gradient, 0, gradients.get(1), 0, gradient.length);
    }
  }

  private List<Adam.Parameter> parameters(List<Tensor> gradients) {
    List<Adam.Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      parameters.add(
          new Adam.Parameter(
              i == 0 ? layer.weightName() : layer.biasName(),
              new AdamStep.Tensors(weights.get(i), gradients.get(i), first.get(i), second.get(i))));
    }
    return parameters;
  }

  @Override
  public void close() {
    scope.close();
  }
}
