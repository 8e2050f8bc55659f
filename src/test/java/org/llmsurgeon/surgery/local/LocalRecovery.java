package org.llmsurgeon.surgery.local;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recover.RecoveredModel;
import org.llmsurgeon.surgery.recover.Recovery;
import org.llmsurgeon.surgery.recover.RecoveryPlan;
import org.llmsurgeon.surgery.recover.TrainedLayer;

/** The recovery of a pruned model in one process. A state is what {@link TrainedLayer} keeps. */
final class LocalRecovery implements Recovery.Work<List<List<double[]>>> {
  private final Device device;
  private final ModelConfig config;
  private final WeightSource dense;
  private final Recipe recipe;
  private WeightSource pruned;
  private int[][] windows;
  private RecoveryPlan plan;
  private RecoveredModel model;
  private double[] sizes;

  /**
   * @param device where to compute
   * @param config the model
   * @param dense its weights before the first shot
   * @param recipe with what to do, and with which layers
   */
  LocalRecovery(Device device, ModelConfig config, WeightSource dense, Recipe recipe) {
    this.device = device;
    this.config = config;
    this.dense = dense;
    this.recipe = recipe;
  }

  /**
   * Trained layers.
   *
   * @param weights by layer; the caller owns them
   * @param result how it went
   */
  record Recovered(Map<String, LayerWeight> weights, Recovery.Result result) {}

  /**
   * Trains.
   *
   * @param cut the weights of the last shot
   * @param all windows of the recovery
   */
  Recovered recover(WeightSource cut, int[][] all) {
    pruned = cut;
    windows = all;
    plan = RecoveryPlan.of(recipe, all.length, all[0].length);
    LanguageModel teacher =
        recipe.recovery().kind() == CorrectionKind.DISTILL
            ? LanguageModel.load(config, dense, device)
            : null;
    try (RecoveredModel loaded =
        RecoveredModel.load(
            new RecoveredModel.Pruned(config, cut),
            RecoveredModel.layers(recipe, config),
            device,
            MemoryLimits.DEFAULT,
            teacher)) {
      model = loaded;
      List<List<double[]>> start = start();
      Recovery.Progress<List<List<double[]>>> reached =
          Recovery.run(Recovery.start(start, this), recipe.recovery(), plan, this);
      return new Recovered(weights(reached.best()), reached.soFar());
    }
  }

  private List<List<double[]>> start() {
    List<List<double[]>> state = new ArrayList<>();
    sizes = new double[model.layers().size()];
    for (LinearShape layer : model.layers()) {
      try (TrainedLayer started = TrainedLayer.start(device, layer, pruned)) {
        sizes[state.size()] = started.size();
        state.add(started.tensors().stream().map(device::values).toList());
      }
    }
    return state;
  }

  private Map<String, LayerWeight> weights(List<List<double[]>> state) {
    Map<String, LayerWeight> weights = new HashMap<>();
    for (int i = 0; i < state.size(); i++) {
      LinearShape layer = model.layers().get(i);
      LayerWeight own = LayerWeight.load(device, layer, pruned.writable());
      upload(state.get(i).get(0), own.weight());
      if (layer.bias()) {
        upload(state.get(i).get(1), own.bias());
      }
      weights.put(layer.name(), own);
    }
    return weights;
  }

  private void upload(double[] values, Tensor into) {
    device.upload(values, 0, into, 0, values.length);
  }

  /** Brings the model to a state. */
  private void load(List<List<double[]>> state) {
    List<Tensor> own = model.weights();
    int at = 0;
    for (int i = 0; i < state.size(); i++) {
      for (int tensor = 0; tensor < state.get(i).size() / 3; tensor++) {
        upload(state.get(i).get(tensor), own.get(at++));
      }
    }
  }

  @Override
  public double look(List<List<double[]>> state) {
    load(state);
    int[][] heldOut = Arrays.copyOfRange(windows, plan.training(), windows.length);
    return Arrays.stream(model.losses(heldOut)).average().orElseThrow();
  }

  @Override
  public Recovery.Stepped<List<List<double[]>>> step(
      List<List<double[]>> state, Recovery.Step step) {
    load(state);
    List<RecoveredModel.Part> parts = new ArrayList<>();
    try {
      for (int[] part : step.parts()) {
        parts.add(
            model.gradients(Arrays.stream(part).mapToObj(i -> windows[i]).toArray(int[][]::new)));
      }
      double loss =
          parts.stream().flatMapToDouble(part -> Arrays.stream(part.losses())).average().orElse(0);
      return new Recovery.Stepped<>(train(state, step, parts), loss);
    } finally {
      parts.forEach(RecoveredModel.Part::close);
    }
  }

  private List<List<double[]>> train(
      List<List<double[]>> state, Recovery.Step step, List<RecoveredModel.Part> parts) {
    List<List<double[]>> next = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < state.size(); i++) {
      int first = at;
      try (TrainedLayer layer = TrainedLayer.empty(device, model.layers().get(i))) {
        List<Tensor> tensors = layer.tensors();
        for (int tensor = 0; tensor < tensors.size(); tensor++) {
          upload(state.get(i).get(tensor), tensors.get(tensor));
        }
        layer.step(
            step,
            sizes[i],
            parts.stream()
                .<Consumer<List<Tensor>>>map(part -> into -> copy(part.gradients(), first, into))
                .toList());
        next.add(tensors.stream().map(device::values).toList());
        at += tensors.size() / 3;
      }
    }
    return next;
  }

  private void copy(List<Tensor> gradients, int first, List<Tensor> into) {
    for (int i = 0; i < into.size(); i++) {
      device.copy(gradients.get(first + i), into.get(i));
    }
  }
}
