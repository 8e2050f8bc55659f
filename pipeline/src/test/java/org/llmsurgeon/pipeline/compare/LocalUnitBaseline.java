package org.llmsurgeon.pipeline.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.choose.BaselinePath;
import org.llmsurgeon.surgery.choose.UnitMerge;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * A score of units in one process, weights masked and biases summed up one by one.
 *
 * @param device where to compute
 * @param config a model without biases
 * @param biased the same with biases everywhere
 * @param dense its weights
 */
record LocalUnitBaseline(
    Device device, ModelConfig config, ModelConfig biased, WeightSource dense) {
  /** Losses of test windows after a cut. */
  double[] losses(Recipe recipe, UnitBaseline baseline, int[][] calibration, int[][] test) {
    List<Calibration.Data> shards =
        Shard.plan(calibration.length, recipe.shards()).stream()
            .map(shard -> Arrays.copyOfRange(calibration, shard.from(), shard.to()))
            .map(Calibration.Data::new)
            .toList();
    FactorPass pass =
        baseline.needs() == UnitBaseline.Needs.GRADIENTS
            ? FactorPass.GRADIENTS
            : FactorPass.STATISTICS;
    try (LocalFactors gathered = new LocalFactors(device);
        LanguageModel model = LanguageModel.load(config, dense, device)) {
      gathered.gather(model, pass, shards);
      // Biases count as weights that stay.
      List<UnitPlan.Planned> groups =
          UnitPlan.of(baseline.compensates() ? biased : config, recipe).groups();
      BaselinePath paths = new BaselinePath(device, dense, gathered, baseline);
      List<PathMerge.Group> all = new ArrayList<>();
      for (int i = 0; i < groups.size(); i++) {
        all.add(paths.of(groups, i, recipe).of(groups.get(i).group()));
      }
      double share = recipe.goal().sparsity();
      PathMerge.Result result =
          new UnitMerge(groups, recipe.layers())
              .select(all, new PathMerge.Target(share, share), recipe.selection().widths());
      Map<String, Selection> gone = new HashMap<>();
      for (int i = 0; i < groups.size(); i++) {
        for (int layer = 0; layer < groups.get(i).shapes().size(); layer++) {
          gone.put(groups.get(i).shapes().get(layer).name(), result.selections().get(i).get(layer));
        }
      }
      Map<String, double[]> means = baseline.compensates() ? means(model, calibration) : Map.of();
      return losses(gone, means, test);
    }
  }

  /** Means of what the layers read, token by token. */
  private Map<String, double[]> means(LanguageModel model, int[][] windows) {
    Map<String, double[]> means = new HashMap<>();
    double tokens = Arrays.stream(windows).mapToInt(window -> window.length).sum();
    model.forward(
        windows,
        new LinearTap() {
          @Override
          public void inputs(List<LinearShape> layers, Tensor input) {
            double[] mean =
                means.computeIfAbsent(layers.get(0).name(), name -> new double[input.columns()]);
            double[] values = device.values(input);
            for (int i = 0; i < values.length; i++) {
              mean[i % mean.length] += values[i] / tokens;
            }
          }

          @Override
          public void outputGradients(LinearShape layer, Tensor gradient) {}
        });
    return means;
  }

  private double[] losses(Map<String, Selection> gone, Map<String, double[]> means, int[][] test) {
    ModelConfig with = means.isEmpty() ? config : biased;
    WeightSource cut =
        new WeightSource() {
          @Override
          public boolean contains(String name) {
            return dense.contains(name) || LanguageModel.tensors(with).containsKey(name);
          }

          @Override
          public int[] shape(String name) {
            return LanguageModel.tensors(with).get(name);
          }

          @Override
          public Tensor load(String name, Device target) {
            return cut(name, gone, means, shape(name));
          }
        };
    try (LanguageModel model = LanguageModel.load(with, cut, device)) {
      return model.losses(test);
    }
  }

  private Tensor cut(
      String name, Map<String, Selection> gone, Map<String, double[]> means, int[] shape) {
    String layer = name.substring(0, Math.max(0, name.lastIndexOf('.')));
    Selection selection = gone.get(layer);
    if (selection == null) {
      return dense.load(name, device);
    }
    if (name.endsWith(".bias")) {
      return device.tensor(
          Precision.SINGLE, 1, shape[0], bias(layer, selection, means.get(layer), shape[0]));
    }
    try (Tensor whole = dense.load(name, device)) {
      double[] values = device.values(whole);
      for (int i = 0; i < values.length; i++) {
        boolean row = Arrays.binarySearch(selection.rows(), i / whole.columns()) >= 0;
        boolean column = Arrays.binarySearch(selection.columns(), i % whole.columns()) >= 0;
        values[i] = row || column ? 0 : values[i];
      }
      return device.tensor(Precision.SINGLE, whole.rows(), whole.columns(), values);
    }
  }

  /** What the columns that are gone gave on average. */
  private double[] bias(String layer, Selection selection, double[] mean, int outputs) {
    double[] bias = new double[outputs];
    try (Tensor whole = dense.load(layer + ".weight", device)) {
      double[] weight = device.values(whole);
      for (int r = 0; r < outputs; r++) {
        for (int column : selection.columns()) {
          bias[r] += weight[r * whole.columns() + column] * mean[column];
        }
      }
    }
    return bias;
  }
}
