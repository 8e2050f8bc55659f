package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.NearestCurvatureTest.Tokens;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.operate.InputBasis;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;

/** EKFAC from the passes over the data to a cut, against plain loops. */
class EkfacCurvatureTest {
  private static final ModelConfig CONFIG = TinyModels.opt();
  private static final WeightSource WEIGHTS = TinyModels.weights(CONFIG, 4);
  private static final int[][] WINDOWS = TinyModels.windows(CONFIG, 12, 9, 5);
  private static final Recipe RECIPE =
      Recipe.of(Map.of("structures", "row,column", "curvature", "ekfac"));

  private final Device device = new ReferenceDevice();

  private LocalFactors gather(LanguageModel model) {
    LocalFactors factors = new LocalFactors(device);
    List<Calibration.Data> shards =
        List.of(
            new Calibration.Data(Arrays.copyOfRange(WINDOWS, 0, 5)),
            new Calibration.Data(Arrays.copyOfRange(WINDOWS, 5, 12)));
    List<FactorPass> passes = FactorPlan.passes(RECIPE.curvature());
    factors.gather(model, passes.get(0), shards);
    try (InputBasis inputs = new InputBasis()) {
      for (LinearShape layer : CONFIG.linears()) {
        factors.put(new LayerTask(device, layer, WEIGHTS, factors, RECIPE).basis(inputs));
      }
    }
    factors.gather(model, passes.get(1), shards);
    return factors;
  }

  @Test
  void layersThatReadTheSameInputShareItsEigenvectors() {
    List<Integer> sizes = new ArrayList<>();
    Device watched =
        (Device)
            Proxy.newProxyInstance(
                Device.class.getClassLoader(),
                new Class<?>[] {Device.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("eigen")) {
                    sizes.add(((Tensor) arguments[0]).rows());
                  }
                  return method.invoke(device, arguments);
                });
    List<LinearShape> attention = CONFIG.linears().subList(0, 3);
    try (LanguageModel model = LanguageModel.load(CONFIG, WEIGHTS, device);
        LocalFactors factors = gather(model);
        InputBasis inputs = new InputBasis()) {
      for (LinearShape layer : attention) {
        assertThat(layer.inputGroup()).isEqualTo(attention.get(0).name());
        factors.put(new LayerTask(watched, layer, WEIGHTS, factors, RECIPE).basis(inputs));
      }
      assertThat(rows(factors, FactorPlan.basisA(attention.get(2))))
          .isDeepEqualTo(rows(factors, FactorPlan.basisA(attention.get(0))));
    }
    int in = attention.get(0).augmentedInputs();
    assertThat(sizes)
        .containsExactly(
            attention.get(0).outputs(), in, attention.get(1).outputs(), attention.get(2).outputs());
  }

  /** Rows of a stored matrix. */
  private double[][] rows(FactorSource factors, FactorKey key) {
    try (Tensor tensor = factors.load(key, device)) {
      double[][] rows = new double[tensor.rows()][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = device.values(tensor.rowRange(i, i + 1));
      }
      return rows;
    }
  }

  private static double along(double[] direction, double[] token) {
    double sum = 0;
    for (int i = 0; i < token.length; i++) {
      sum += direction[i] * token[i];
    }
    return sum;
  }

  @Test
  void correctedEigenvaluesAreSecondMomentsAlongTheEigenvectors() {
    try (LanguageModel model = LanguageModel.load(CONFIG, WEIGHTS, device);
        LocalFactors factors = gather(model)) {
      Map<String, Tokens> all = NearestCurvatureTest.tokens(model, WINDOWS);
      for (LinearShape layer : CONFIG.linears()) {
        Tokens tokens = all.get(layer.name());
        double[][] u = rows(factors, FactorPlan.basisG(layer));
        double[][] v = rows(factors, FactorPlan.basisA(layer));
        double[][] found = rows(factors, FactorPlan.eigenvalues(layer));
        double[] expected = new double[u.length * v.length];
        double scale = 0;
        for (int t = 0; t < tokens.a().size(); t++) {
          for (int i = 0; i < expected.length; i++) {
            double g = along(u[i / v.length], tokens.g().get(t));
            double a = along(v[i % v.length], tokens.a().get(t));
            expected[i] += g * g * a * a / tokens.a().size();
          }
        }
        scale = Arrays.stream(expected).max().orElseThrow();
        double[] actual = Arrays.stream(found).flatMapToDouble(Arrays::stream).toArray();
        assertThat(actual).as(layer.name()).containsExactly(expected, within(1e-5 * scale));
      }
    }
  }

  @Test
  void basesAreOrthonormalAndTurnTheFactorsDiagonal() {
    try (LanguageModel model = LanguageModel.load(CONFIG, WEIGHTS, device);
        LocalFactors factors = gather(model)) {
      for (LinearShape layer : CONFIG.linears()) {
        double[][] v = rows(factors, FactorPlan.basisA(layer));
        double[][] a = rows(factors, FactorPlan.a(layer));
        int size = a.length;
        // Rows beyond the live ones are 0
        int live = size;
        while (along(v[live - 1], v[live - 1]) == 0) {
          live--;
        }
        assertThat(live).isGreaterThan(size / 2);
        double scale = Math.sqrt(Arrays.stream(a).mapToDouble(row -> along(row, row)).sum());
        for (int i = 0; i < live; i++) {
          double[] product = new double[size];
          for (int row = 0; row < size; row++) {
            product[row] = along(v[i], a[row]);
          }
          for (int j = 0; j < live; j++) {
            assertThat(along(v[i], Arrays.copyOf(v[j], size)))
                .isCloseTo(i == j ? 1 : 0, within(1e-5));
            if (i != j) {
              assertThat(along(v[j], product)).isCloseTo(0, within(1e-5 * scale));
            }
          }
        }
      }
    }
  }

  /** {@code sum_ij s_ij (u_i^T x v_j) u_i v_j^T}, damped as KFAC is. */
  private static double[] times(
      double[][] u, double[][] v, double[][] s, double[] damping, double[] x) {
    int inputs = v.length;
    double[] into = new double[x.length];
    for (int i = 0; i < u.length; i++) {
      for (int j = 0; j < inputs; j++) {
        double projected = 0;
        for (int at = 0; at < x.length; at++) {
          projected += u[i][at / inputs] * v[j][at % inputs] * x[at];
        }
        double value =
            s[i][j]
                + damping[0] * v[j][inputs]
                + damping[1] * u[i][u.length]
                + damping[0] * damping[1];
        for (int at = 0; at < x.length; at++) {
          into[at] += value * projected * u[i][at / inputs] * v[j][at % inputs];
        }
      }
    }
    return into;
  }

  @Test
  void nothingThatStaysCouldMakeUpForMore() {
    try (LanguageModel model = LanguageModel.load(CONFIG, WEIGHTS, device);
        LocalFactors factors = gather(model)) {
      for (LinearShape layer : CONFIG.linears().subList(0, 6)) {
        double[][] u = rows(factors, FactorPlan.basisG(layer));
        double[][] v = rows(factors, FactorPlan.basisA(layer));
        double[][] s = rows(factors, FactorPlan.eigenvalues(layer));
        int inputs = layer.augmentedInputs();
        LayerTask task = new LayerTask(device, layer, WEIGHTS, factors, RECIPE);
        try (LayerWeight before = LayerWeight.load(device, layer, WEIGHTS);
            Tensor dense = before.augmented(device);
            CutLayer cut = task.cut(new Selection(new int[] {1}, new int[] {0, 3}));
            Tensor after = cut.weight().augmented(device)) {
          double[] now = device.values(after);
          double[] change = device.values(dense);
          Arrays.setAll(change, i -> now[i] - device.values(dense)[i]);
          double[] damping = {cut.report().damping().g(), cut.report().damping().a()};
          double[] gradient = times(u, v, s, damping, change);
          double kept = 0;
          for (int i = 0; i < change.length; i++) {
            boolean gone = i / inputs == 1 || i % inputs == 0 || i % inputs == 3;
            assertThat(now[i] == 0).isEqualTo(gone);
            kept += gone ? 0 : gradient[i] * gradient[i];
          }
          assertThat(Math.sqrt(kept))
              .as(layer.name())
              .isLessThan(1e-3 * NearestCurvatureTest.norm(gradient));
          double cost = 0.5 * along(change, gradient);
          assertThat(cut.report().quadraticCost()).isCloseTo(cost, within(1e-3 * cost));
        }
      }
    }
  }

  @Test
  void roundsAndUnitsAreRefused() {
    assertThatThrownBy(
            () -> Recipe.of(Map.of("curvature", "ekfac", "structures", "element", "rounds", 2)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--rounds");
    assertThatThrownBy(() -> Recipe.of(Map.of("curvature", "ekfac")).requirePrunable())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("units");
  }
}
