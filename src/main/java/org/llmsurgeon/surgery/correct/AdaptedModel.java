package org.llmsurgeon.surgery.correct;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.Distillation;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.weights.CheckpointNames;
import org.llmsurgeon.model.weights.WeightSource;

/**
 * A pruned model with low-rank adapters merged into linear layers, which gives the gradients of the
 * adapters. Memory: the model, and the weights of these layers a second time as they are without
 * adapters (mapped files take none).
 */
public final class AdaptedModel implements AutoCloseable {
  private final Device device;
  private final AdapterTargets targets;
  private final LanguageModel model;
  private final TensorScope bases;
  private final Map<String, AdaptedLayer> layers = new HashMap<>();

  private AdaptedModel(Device device, AdapterTargets targets, LanguageModel model) {
    this.device = device;
    this.targets = targets;
    this.model = model;
    this.bases = new TensorScope(device);
  }

  /**
   * Loads a model without adapters.
   *
   * @param config the model
   * @param pruned its weights; what is 0 in a layer with an adapter stays 0
   * @param device where to run it
   * @param limits memory that a pass may take
   * @param targets which layers have adapters
   */
  public static AdaptedModel load(
      ModelConfig config,
      WeightSource pruned,
      Device device,
      MemoryLimits limits,
      AdapterTargets targets) {
    OwnLinears weights = new OwnLinears(config, targets.layers(), pruned);
    LanguageModel model = LanguageModel.load(config, weights, device, limits);
    AdaptedModel adapted = new AdaptedModel(device, targets, model);
    try {
      for (LinearShape layer : targets.layers()) {
        Tensor base = adapted.bases.own(pruned.load(layer.weightName(), device));
        adapted.layers.put(
            layer.name(), new AdaptedLayer(device, base, Adapters.rank(layer, targets.rank())));
      }
      return adapted;
    } catch (RuntimeException failure) {
      adapted.close();
      throw failure;
    }
  }

  /**
   * Merges adapters into the weights, in the place of those before. Nobody may use the model
   * meanwhile.
   *
   * @param adapters of this model's layers and rank
   */
  public void merge(Adapters adapters) {
    for (Adapter adapter : adapters.all()) {
      LinearShape layer = adapter.layer();
      layers.get(layer.name()).merge(adapter, model.weight(layer.weightName()));
    }
  }

  /** The model with the adapters that were merged last; not to be changed. */
  public LanguageModel model() {
    return model;
  }

  /**
   * What a part of a step's windows says about the adapters that were merged last.
   *
   * @param gradients of the sum of the windows' losses, single precision
   * @param losses of each window, nats
   */
  public record Part(Adapters gradients, double[] losses) implements AutoCloseable {
    @Override
    public void close() {
      gradients.close();
    }
  }

  /**
   * Gradients of the sum of some windows' losses. Several threads may ask at the same time.
   *
   * @param windows tokens, {@code [windows, context]}
   * @param teacher the dense model where its distribution is to be met; null for the cross-entropy
   *     of the next tokens
   * @throws org.llmsurgeon.compute.NonFiniteException where a number is not finite
   */
  public Part gradients(int[][] windows, LanguageModel teacher) {
    try (Adapters sums = targets.zeros(device, Precision.DOUBLE)) {
      Pairs pairs = new Pairs(sums);
      double[] losses =
          teacher == null
              ? model.calibrate(windows, pairs)
              : new Distillation(model, teacher).calibrate(windows, pairs);
      Adapters rounded = targets.zeros(device, model.precision());
      for (int i = 0; i < sums.tensors().size(); i++) {
        device.copy(sums.tensors().get(i), rounded.tensors().get(i));
      }
      return new Part(rounded, losses);
    }
  }

  @Override
  public void close() {
    layers.values().forEach(AdaptedLayer::close);
    bases.close();
    model.close();
  }

  /** Adds the gradients of the tokens of each layer with an adapter. */
  private final class Pairs implements LinearTap {
    private final Map<String, Adapter> sums = new HashMap<>();

    Pairs(Adapters sums) {
      sums.all().forEach(each -> this.sums.put(each.layer().name(), each));
    }

    @Override
    public void inputs(List<LinearShape> shapes, Tensor input) {}

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}

    @Override
    public boolean readsPairs() {
      return true;
    }

    @Override
    public void pair(LinearShape layer, Tensor input, Tensor gradient) {
      AdaptedLayer adapted = layers.get(layer.name());
      if (adapted != null) {
        adapted.addGradients(input, gradient, sums.get(layer.name()));
      }
    }
  }

  /** Weights of which those of the layers with adapters may be written. */
  private static final class OwnLinears implements WeightSource {
    private final WeightSource weights;
    private final Set<String> own;

    OwnLinears(ModelConfig config, List<LinearShape> layers, WeightSource weights) {
      this.weights = weights;
      CheckpointNames names = CheckpointNames.of(config, weights::contains);
      this.own =
          layers.stream()
              .map(layer -> names.stored(layer.weightName()))
              .collect(Collectors.toSet());
    }

    @Override
    public boolean contains(String name) {
      return weights.contains(name);
    }

    @Override
    public int[] shape(String name) {
      return weights.shape(name);
    }

    @Override
    public Tensor load(String name, Device target) {
      return (own.contains(name) ? weights.writable() : weights).load(name, target);
    }
  }
}
