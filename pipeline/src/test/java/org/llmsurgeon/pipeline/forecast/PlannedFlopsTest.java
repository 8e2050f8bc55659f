package org.llmsurgeon.pipeline.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.CountingDevice;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.forecast.size.PlannedFlops;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.calibrate.ShardFactors;
import org.llmsurgeon.surgery.operate.ElementTask;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The operations that are planned, beside those that a device is asked for. */
class PlannedFlopsTest {
  private static ObjectNode json() {
    ObjectNode json = TinyModels.llamaJson();
    json.put("vocab_size", 101).put("hidden_size", 64).put("intermediate_size", 160);
    return json.put("head_dim", 16);
  }

  private static ModelConfig config() {
    return Architectures.parse(json(), "config.json");
  }

  @Test
  void theFlopsOfACalibrationAreThoseOfItsProducts() {
    ModelConfig config = config();
    PlannedFlops planned = new PlannedFlops(config);
    CountingDevice counter = new CountingDevice();
    int[][] windows = TinyModels.windows(config, 3, 20, 1);
    try (LanguageModel model =
        LanguageModel.load(config, TinyModels.weights(config, 5), counter.watched())) {
      for (CurvatureKind curvature :
          List.of(CurvatureKind.ACTIVATIONS, CurvatureKind.KFAC, CurvatureKind.NEAREST_KRONECKER)) {
        FactorSource factors = FactorSource.NONE;
        for (FactorPass pass : FactorPlan.passes(new CurvatureRule(curvature))) {
          counter.take();
          ShardFactors sums = ShardFactors.of(model, pass, factors, new Calibration.Data(windows));
          double attention = planned.attention(20) * (pass.backward() ? 3.5 : 1);
          double expected = planned.pass(pass, 20, 1) - attention + planned.sums(pass, 1);
          assertThat(60 * expected).isCloseTo(counter.take(), withinPercentage(8));
          factors = new OneShard(sums);
        }
      }
    }
  }

  @Test
  void theFlopsOfALayerAreThoseOfItsInversesAndProducts() {
    ModelConfig config = config();
    PlannedFlops planned = new PlannedFlops(config);
    CountingDevice counter = new CountingDevice();
    Device device = counter.watched();
    try (ShardFactors factors = factors(config)) {
      for (LinearShape layer : config.linears(0)) {
        LayerTask task =
            new LayerTask(
                device,
                layer,
                TinyModels.weights(config, 5),
                new OneShard(factors),
                Recipe.defaults());
        counter.take();
        task.score();
        assertThat(planned.score(layer))
            .as(layer.name())
            .isCloseTo(counter.take(), withinPercentage(30));
        task.cut(new Selection(first(layer.outputs() / 10), first(layer.inputs() / 10))).close();
        assertThat(planned.cut(layer, 0.19))
            .as(layer.name())
            .isCloseTo(counter.take(), withinPercentage(30));
      }
    }
  }

  /** Rows of a group are spread over all columns and rows, however many weights of them go. */
  @Test
  void theFlopsOfGroupedUpdatesAreThoseOfTheirRows() {
    ModelConfig config = config();
    CountingDevice counter = new CountingDevice();
    Recipe recipe =
        Recipe.of(
            Map.of("structures", "element", "element-update", "grouped", "max-correlate", 100));
    try (ShardFactors factors = factors(config)) {
      for (LinearShape layer : config.linears(0)) {
        ElementTask task =
            new ElementTask(
                counter.watched(),
                layer,
                TinyModels.weights(config, 5),
                new OneShard(factors),
                recipe);
        double median;
        try (Tensor costs = task.costs()) {
          median =
              Arrays.stream(ExecutorDevice.shared().values(costs))
                  .sorted()
                  .toArray()[(int) (costs.size() / 2)];
        }
        counter.take();
        task.cut(List.of(new CostCut(median, 0))).close();
        assertThat(new PlannedFlops(config).cut(layer, new ElementUpdate.Grouped(100, true), 0.5))
            .as(layer.name())
            .isCloseTo(counter.take(), withinPercentage(30));
      }
    }
  }

  private static ShardFactors factors(ModelConfig config) {
    try (LanguageModel model =
        LanguageModel.load(config, TinyModels.weights(config, 5), ExecutorDevice.shared())) {
      FactorPass pass = FactorPlan.passes(CurvatureRule.DEFAULT).get(0);
      return ShardFactors.of(
          model,
          pass,
          FactorSource.NONE,
          new Calibration.Data(TinyModels.windows(config, 12, 20, 1)));
    }
  }

  private static int[] first(int count) {
    return IntStream.range(0, count).toArray();
  }

  /** The means of a single shard. */
  private record OneShard(ShardFactors factors) implements FactorSource {
    @Override
    public Tensor load(FactorKey key, Device device) {
      Tensor full = device.empty(org.llmsurgeon.compute.Precision.SINGLE, key.size(), key.size());
      device.unpack(factors.packed().get(key), full);
      device.scale(1.0 / tokens(), full);
      return full;
    }

    @Override
    public CalibrationSize size() {
      return new CalibrationSize(factors.tokens(), 1);
    }
  }
}
