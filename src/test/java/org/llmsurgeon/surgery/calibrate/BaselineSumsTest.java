package org.llmsurgeon.surgery.calibrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.weights.WeightSource;

/** What baselines look at, against plain sums and the gradients of the parameters. */
class BaselineSumsTest {
  /** Sums are rounded to single precision once. */
  private static final double ROUNDED = 1e-6;

  private final Device device = new ReferenceDevice();

  static Iterable<String> variants() {
    return TinyModels.variants().entrySet().stream()
        .filter(each -> each.getValue().linears().stream().noneMatch(LinearShape::ofExpert))
        .map(Map.Entry::getKey)
        .toList();
  }

  private Map<FactorKey, double[]> sums(LanguageModel model, FactorPass pass, int[][] windows) {
    Map<FactorKey, double[]> values = new HashMap<>();
    new Calibration(model, pass, FactorSource.NONE)
        .accumulate(
            new Calibration.Data(windows),
            (key, sum) -> {
              values.put(key, device.values(sum));
              sum.close();
            });
    return values;
  }

  private LanguageModel model(ModelConfig config) {
    WeightSource weights = TinyModels.weights(config, 5, Precision.DOUBLE);
    return LanguageModel.load(config, weights, device, TinyModels.limits(7).withKeepBytes(0));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void gradientsAreThoseOfTheWeights(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    int[][] windows = TinyModels.windows(config, 3, 5, 6);
    try (LanguageModel model = model(config);
        ParameterGradients gradients = model.zeroGradients(Precision.DOUBLE)) {
      model.gradients(windows, 1, gradients);
      Map<FactorKey, double[]> sums = sums(model, FactorPass.GRADIENTS, windows);
      assertThat(sums).hasSize(config.linears().size());
      for (LinearShape layer : config.linears()) {
        double[] expected = device.values(gradients.of(layer.weightName()));
        double[] sum = sums.get(FactorPlan.gradient(layer));
        Tolerances.assertClose(layer.name(), sum, expected, ROUNDED);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void statisticsAreThoseOfWhatTheLastLayersRead(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    // Windows of two lengths in batches of one or two
    List<int[]> windows = new ArrayList<>(List.of(TinyModels.windows(config, 3, 3, 6)));
    windows.addAll(List.of(TinyModels.windows(config, 2, 5, 7)));
    int[][] all = windows.toArray(int[][]::new);
    try (LanguageModel model = model(config)) {
      Inputs seen = new Inputs(device);
      model.forward(all, seen);
      Map<FactorKey, double[]> sums = sums(model, FactorPass.STATISTICS, all);
      for (LinearShape layer : config.linears()) {
        boolean last = layer.role() == LinearRole.OUTPUT || layer.role() == LinearRole.DOWN;
        assertThat(sums.containsKey(FactorPlan.statistics(layer))).isEqualTo(last);
        if (last) {
          int member = layer.role() == LinearRole.OUTPUT ? config.headDimension() : 1;
          double[] expected = plain(seen.tokens.get(layer.name()), all, layer.inputs(), member);
          double[] sum = sums.get(FactorPlan.statistics(layer));
          Tolerances.assertClose(layer.name(), sum, expected, ROUNDED);
        }
      }
    }
  }

  private static double[] plain(List<double[]> tokens, int[][] windows, int inputs, int member) {
    double[] sums = new double[3 * inputs];
    for (int j = 0; j < inputs; j++) {
      int input = j;
      int first = j / member * member;
      sums[j] = tokens.stream().mapToDouble(x -> x[input]).sum();
      sums[inputs + j] = tokens.stream().mapToDouble(x -> x[input] * x[input]).sum();
      int from = 0;
      for (int[] window : windows) {
        double mean =
            tokens.subList(from, from + window.length).stream()
                .mapToDouble(
                    x ->
                        Math.sqrt(
                            Arrays.stream(x, first, first + member).map(each -> each * each).sum()))
                .average()
                .orElseThrow();
        sums[2 * inputs + j] += mean * mean;
        from += window.length;
      }
    }
    return sums;
  }

  /** Keeps what layers read. */
  private static final class Inputs implements LinearTap {
    private final Device device;
    private final Map<String, List<double[]>> tokens = new HashMap<>();

    Inputs(Device device) {
      this.device = device;
    }

    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {
      for (int row = 0; row < input.rows(); row++) {
        tokens
            .computeIfAbsent(layers.get(0).name(), name -> new ArrayList<>())
            .add(device.values(input.rowRange(row, row + 1)));
      }
    }

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}
  }
}
