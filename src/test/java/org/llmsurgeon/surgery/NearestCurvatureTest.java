package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The power iteration over a model's own tokens, against plain loops. */
class NearestCurvatureTest {
  /** Inputs, the bias entry last, and output gradients of all tokens of a layer. */
  record Tokens(List<double[]> a, List<double[]> g) {}

  static Map<String, Tokens> tokens(LanguageModel model, int[][] windows) {
    Map<String, Tokens> all = new HashMap<>();
    model.calibrate(
        windows,
        new LinearTap() {
          @Override
          public void inputs(List<LinearShape> layers, Tensor input) {}

          @Override
          public void outputGradients(LinearShape layer, Tensor gradient) {}

          @Override
          public boolean readsPairs() {
            return true;
          }

          @Override
          public void pair(LinearShape layer, Tensor input, Tensor gradient) {
            Tokens seen =
                all.computeIfAbsent(
                    layer.name(), name -> new Tokens(new ArrayList<>(), new ArrayList<>()));
            for (int row = 0; row < input.rows(); row++) {
              double[] a = model.device().values(input.rowRange(row, row + 1));
              seen.a().add(layer.bias() ? Arrays.copyOf(a, a.length + 1) : a);
              if (layer.bias()) {
                seen.a().get(seen.a().size() - 1)[a.length] = 1;
              }
              seen.g().add(model.device().values(gradient.rowRange(row, row + 1)));
            }
          }
        });
    return all;
  }

  /** {@code mean_t (y^T m y) x x^T}; plain means where {@code m} is null. */
  static double[] halfStep(List<double[]> x, List<double[]> y, double[] m) {
    int n = x.get(0).length;
    double[] mean = new double[n * n];
    for (int t = 0; t < x.size(); t++) {
      double weight = m == null ? 1 : 0;
      for (int i = 0; m != null && i < m.length; i++) {
        int size = y.get(t).length;
        weight += m[i] * y.get(t)[i / size] * y.get(t)[i % size];
      }
      for (int i = 0; i < mean.length; i++) {
        mean[i] += weight * x.get(t)[i / n] * x.get(t)[i % n] / x.size();
      }
    }
    return mean;
  }

  static double norm(double[] x) {
    return Math.sqrt(Arrays.stream(x).map(each -> each * each).sum());
  }

  static double[] scaled(double[] x, double factor) {
    return Arrays.stream(x).map(each -> factor * each).toArray();
  }

  static double[] unit(double[] x) {
    return scaled(x, 1 / norm(x));
  }

  private static void assertNear(double[] actual, double[] expected, String what) {
    double[] difference = new double[actual.length];
    Arrays.setAll(difference, i -> actual[i] - expected[i]);
    assertThat(norm(difference)).as(what).isLessThan(1e-4 * norm(expected));
  }

  /** Power iteration from an {@code A}; {@code G, A} of equal norms, then the new {@code A}. */
  private static double[][] iterate(Tokens tokens, double[] start, int steps) {
    double[] g = null;
    double[] a = start;
    for (int step = 0; step < steps; step++) {
      g = halfStep(tokens.g(), tokens.a(), unit(a));
      a = halfStep(tokens.a(), tokens.g(), unit(g));
    }
    double root = Math.sqrt(norm(a));
    return new double[][] {scaled(unit(g), root), scaled(unit(a), root), a};
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void eachShotsFactorsAreThoseOfPlainLoopsFromTheOnesBefore(int steps) {
    for (ModelConfig config : List.of(TinyModels.llama(), TinyModels.opt())) {
      WeightSource weights = TinyModels.weights(config, 4);
      Recipe recipe =
          Recipe.of(Map.of("curvature", "nearest-kronecker", "curvature-passes", steps));
      int[][] windows = TinyModels.windows(config, 6, 9, 5);
      try (Device device = new ReferenceDevice();
          LanguageModel model = LanguageModel.load(config, weights, device);
          LocalFactors factors = new LocalFactors(device)) {
        Map<String, Tokens> tokens = tokens(model, windows);
        List<Calibration.Data> shards =
            List.of(
                new Calibration.Data(Arrays.copyOfRange(windows, 0, 2)),
                new Calibration.Data(Arrays.copyOfRange(windows, 2, 6)));
        Map<String, double[]> last = new HashMap<>();
        tokens.forEach((layer, seen) -> last.put(layer, halfStep(seen.a(), seen.a(), null)));
        for (int shot = 1; shot <= 2; shot++) {
          FactorPlan.passes(recipe.curvature(), shot)
              .forEach(pass -> factors.gather(model, pass, shards));
          for (LinearShape layer : config.linears()) {
            double[][] expected = iterate(tokens.get(layer.name()), last.get(layer.name()), steps);
            last.put(layer.name(), expected[2]);
            try (TensorScope scope = new TensorScope(device)) {
              KroneckerFactors found =
                  new LayerTask(device, layer, weights, factors, recipe).curvature(scope);
              assertNear(device.values(found.g()), expected[0], layer.name() + " G " + shot);
              assertNear(device.values(found.a()), expected[1], layer.name() + " A " + shot);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 6})
  void itIsNearerToTheFisherThanTheProductOfTheMeans(int steps) {
    ModelConfig config = TinyModels.llama();
    try (Device device = new ReferenceDevice();
        LanguageModel model = LanguageModel.load(config, TinyModels.weights(config, 4), device)) {
      Map<String, Tokens> all = tokens(model, TinyModels.windows(config, 6, 9, 5));
      for (LinearShape layer : config.linears()) {
        Tokens tokens = all.get(layer.name());
        double[] a = halfStep(tokens.a(), tokens.a(), null);
        double[] g = halfStep(tokens.g(), tokens.g(), null);
        double before = distance(tokens, g, a);
        double[][] found = iterate(tokens, a, steps);
        double after = distance(tokens, found[0], found[1]);
        double[][] more = iterate(tokens, a, steps + 1);
        assertThat(after).as(layer.name()).isLessThan(before);
        assertThat(distance(tokens, more[0], more[1])).isLessThanOrEqualTo(after + 1e-18);
      }
    }
    assertThat(CurvatureKind.parse("nearest-kronecker").powerIteration()).isTrue();
  }

  /** Squared norm of {@code F - G (x) A}, without that of {@code F}. */
  private static double distance(Tokens tokens, double[] g, double[] a) {
    double inner = 0;
    double[] weighted = halfStep(tokens.g(), tokens.a(), a);
    for (int i = 0; i < g.length; i++) {
      inner += weighted[i] * g[i];
    }
    return Math.pow(norm(g) * norm(a), 2) - 2 * inner;
  }
}
