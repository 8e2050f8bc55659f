package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.llmsurgeon.surgery.NearestCurvatureTest.halfStep;
import static org.llmsurgeon.surgery.NearestCurvatureTest.norm;
import static org.llmsurgeon.surgery.NearestCurvatureTest.scaled;
import static org.llmsurgeon.surgery.NearestCurvatureTest.unit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.KroneckerTerm;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.NearestCurvatureTest.Tokens;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Sums of Kronecker products, from the passes over the data to a cut. */
class SumCurvatureTest {
  private static final ModelConfig CONFIG = TinyModels.opt();
  private static final WeightSource WEIGHTS = TinyModels.weights(CONFIG, 4);
  private static final int[][] WINDOWS = TinyModels.windows(CONFIG, 7, 9, 5);

  private final Device device = new ReferenceDevice();

  private static Recipe recipe(int rank, int passes) {
    return Recipe.of(
        Map.of(
            "structures",
            "row,column",
            "curvature",
            "kronecker-sum",
            "curvature-rank",
            rank,
            "curvature-passes",
            passes));
  }

  private LocalFactors gather(LanguageModel model, Recipe recipe, int shots) {
    List<Calibration.Data> shards =
        List.of(
            new Calibration.Data(Arrays.copyOfRange(WINDOWS, 0, 3)),
            new Calibration.Data(Arrays.copyOfRange(WINDOWS, 3, 7)));
    LocalFactors factors = new LocalFactors(device);
    for (int shot = 1; shot <= shots; shot++) {
      FactorPlan.passes(recipe.curvature(), shot)
          .forEach(pass -> factors.gather(model, pass, shards));
    }
    return factors;
  }

  /** One product as plain numbers, {@code G} before {@code A}. */
  private record Product(double[] g, double[] a) {}

  private List<Product> products(LinearShape layer, FactorSource factors, Recipe recipe) {
    LayerTask task = new LayerTask(device, layer, WEIGHTS, factors, recipe);
    try (TensorScope scope = new TensorScope(device)) {
      List<Product> products = new ArrayList<>();
      for (KroneckerTerm term : task.terms(scope, task.curvature(scope))) {
        products.add(new Product(device.values(term.g()), device.values(term.a())));
      }
      return products;
    }
  }

  private static double inner(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }

  private static double[] less(double[] x, double factor, double[] y) {
    double[] difference = new double[x.length];
    Arrays.setAll(difference, i -> x[i] - factor * y[i]);
    return difference;
  }

  /** The next product by plain loops: power iteration on what the earlier ones leave. */
  private static Product next(Tokens tokens, List<Product> earlier, double[] start, int steps) {
    double[] g = null;
    double[] a = start;
    for (int step = 0; step < steps; step++) {
      double[] unitA = unit(a);
      g = halfStep(tokens.g(), tokens.a(), unitA);
      for (Product each : earlier) {
        g = less(g, inner(each.a(), unitA), each.g());
      }
      double[] unitG = unit(g);
      a = halfStep(tokens.a(), tokens.g(), unitG);
      for (Product each : earlier) {
        a = less(a, inner(each.g(), unitG), each.a());
      }
    }
    double root = Math.sqrt(norm(a));
    int size = (int) Math.sqrt(a.length);
    double trace = 0;
    for (int i = 0; i < size; i++) {
      trace += a[i * size + i];
    }
    double sign = trace < 0 ? -root : root;
    return new Product(scaled(unit(g), sign), scaled(unit(a), sign));
  }

  private static double[] identity(int size) {
    double[] identity = new double[size * size];
    for (int i = 0; i < size; i++) {
      identity[i * size + i] = 1;
    }
    return identity;
  }

  private static double[] start(int size, int term) {
    double[] start = new double[size * size];
    for (int i = 0; i < size; i++) {
      start[i * size + i] = Math.cos(Math.PI * (term - 1) * (i + 0.5) / size);
    }
    return start;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void eachProductIsThatOfPlainLoopsOnWhatTheEarlierOnesLeave(int steps) {
    Recipe recipe = recipe(3, steps);
    try (LanguageModel model = LanguageModel.load(CONFIG, WEIGHTS, device);
        LocalFactors first = gather(model, recipe, 1);
        LocalFactors second = gather(model, recipe, 2)) {
      Map<String, Tokens> all = NearestCurvatureTest.tokens(model, WINDOWS);
      for (LinearShape layer : CONFIG.linears()) {
        Tokens tokens = all.get(layer.name());
        List<Product> expected = new ArrayList<>();
        double[] start = halfStep(tokens.a(), tokens.a(), null);
        for (int term = 0; term < 3; term++) {
          expected.add(next(tokens, expected, start, steps));
          start = start(layer.augmentedInputs(), term + 1);
        }
        assertSame(products(layer, first, recipe), expected, layer.name());
        List<Product> again = new ArrayList<>();
        for (int term = 0; term < 3; term++) {
          again.add(next(tokens, again, expected.get(term).a(), steps));
        }
        assertSame(products(layer, second, recipe), again, layer.name() + ", second shot");
      }
    }
  }

  private static void assertSame(List<Product> actual, List<Product> expected, String what) {
    double size = norm(expected.get(0).g());
    for (int term = 0; term < expected.size(); term++) {
      // Rounding is that of the whole Fisher, of which later terms are a small part;
      // and where the trace of A is about 0, both may have the other sign
      double sign = Math.signum(inner(actual.get(term).a(), expected.get(term).a()));
      assertThat(norm(less(actual.get(term).g(), sign, expected.get(term).g())))
          .as(what + " G " + term)
          .isLessThan(1e-3 * size);
      assertThat(norm(less(actual.get(term).a(), sign, expected.get(term).a())))
          .as(what + " A " + term)
          .isLessThan(1e-3 * size);
    }
  }

  /** The damped sum as a map of plain matrices {@code [out, in]}. */
  private static double[] times(List<Product> products, double[] x, int inputs) {
    int outputs = x.length / inputs;
    double[] into = new double[x.length];
    for (Product product : products) {
      for (int i = 0; i < x.length; i++) {
        for (int j = 0; j < x.length; j++) {
          into[i] +=
              product.g()[i / inputs * outputs + j / inputs]
                  * product.a()[i % inputs * inputs + j % inputs]
                  * x[j];
        }
      }
    }
    return into;
  }

  private static double meanDiagonal(double[] factor) {
    int size = (int) Math.sqrt(factor.length);
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += factor[i * size + i];
    }
    return sum / size;
  }

  private static double[] damped(double[] factor, double constant) {
    return less(factor, -constant, identity((int) Math.sqrt(factor.length)));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void nothingThatStaysCouldMakeUpForMore(int rank) {
    Recipe recipe = recipe(rank, 2);
    try (LanguageModel model = LanguageModel.load(CONFIG, WEIGHTS, device);
        LocalFactors factors = gather(model, recipe, 1)) {
      for (LinearShape layer : CONFIG.linears().subList(0, 6)) {
        List<Product> products = products(layer, factors, recipe);
        int inputs = layer.augmentedInputs();
        Selection selection = new Selection(new int[] {1}, new int[] {0, 3});
        LayerTask task = new LayerTask(device, layer, WEIGHTS, factors, recipe);
        try (LayerWeight before = LayerWeight.load(device, layer, WEIGHTS);
            Tensor dense = before.augmented(device);
            CutLayer cut = task.cut(selection);
            Tensor after = cut.weight().augmented(device)) {
          double[] change = less(device.values(after), 1, device.values(dense));
          Product first = products.get(0);
          double dampingG = cut.report().damping().g();
          double dampingA = cut.report().damping().a();
          assertThat(dampingG).isGreaterThanOrEqualTo(0.0099 * meanDiagonal(first.g()));
          products.set(0, new Product(damped(first.g(), dampingG), damped(first.a(), dampingA)));
          double[] gradient = times(products, change, inputs);
          double kept = 0;
          for (int i = 0; i < change.length; i++) {
            boolean gone = i / inputs == 1 || i % inputs == 0 || i % inputs == 3;
            assertThat(device.values(after)[i] == 0).isEqualTo(gone);
            kept += gone ? 0 : gradient[i] * gradient[i];
          }
          assertThat(Math.sqrt(kept)).as(layer.name()).isLessThan(1e-3 * norm(gradient));
          assertThat(cut.report().quadraticCost())
              .isCloseTo(0.5 * inner(change, gradient), within(1e-4 * inner(change, gradient)));
        }
      }
    }
  }

  @Test
  void whatASumCannotDoIsRefused() {
    Map<String, Object> sum = Map.of("curvature", "kronecker-sum", "structures", "row,column");
    for (Map<String, ?> wrong :
        List.of(
            Map.of("curvature-rank", 1),
            Map.of("curvature", "kfac", "curvature-rank", 2),
            Map.of("curvature-passes", 0),
            Map.of("curvature", "kfac", "curvature-passes", 2),
            Map.of("diagonal", true),
            Map.of("update", "additive"),
            Map.of("structures", "element", "element-update", "grouped"))) {
      Map<String, Object> options = new HashMap<>(sum);
      options.putAll(wrong);
      assertThatThrownBy(() -> Recipe.of(options))
          .isInstanceOf(InputException.class)
          .hasMessageMatching("[^\\n]*\\.");
    }
    Recipe units = Recipe.of(Map.of("curvature", "kronecker-sum"));
    assertThatThrownBy(units::requirePrunable)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("kronecker-sum")
        .hasMessageContaining("units");
  }
}
