package org.llmsurgeon.surgery.correct;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.MaskedWeights;
import org.llmsurgeon.surgery.local.LayeredWeights;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * A refit against least squares by brute force: the normal equations of each row, by elimination.
 */
class LayerRefitTest {
  private static final int TOKENS = 40;
  private static final double DAMPING = 0.02;

  private final Device device = new ReferenceDevice();
  private final Random random = new Random(4);

  @ParameterizedTest
  @CsvSource({
    "llama, rows and columns, 0",
    "llama, elements, 2",
    "opt, 2:4, 1",
    "opt, rows and columns, 4",
    "opt, nothing, 5"
  })
  void aRefitSolvesTheNormalEquationsOfEachRow(String architecture, String mask, int index) {
    ModelConfig config = architecture.equals("llama") ? TinyModels.llama() : TinyModels.opt();
    LinearShape layer = config.linears().get(index);
    WeightSource dense = TinyModels.weights(config, 1);
    WeightSource pruned =
        new MaskedWeights(TinyModels.weights(config, 2), config, MaskedWeights.MASKS.get(mask));
    double[][] read = tokens(layer);
    double[][] ofDense = tokens(layer);
    Recipe recipe = Recipe.of(new HashMap<>(Map.of("damp-a", DAMPING)));
    try (TensorScope scope = new TensorScope(device);
        LayerRefit.Moments moments = moments(scope, read, ofDense)) {
      double[][] before = augmented(layer, pruned);
      double[][] wanted = augmented(layer, dense);
      LayerRefit.Result result =
          new LayerRefit(device, layer, recipe).refit(dense, pruned, moments, moments);
      double[][] after = rows(result.weight(), layer);
      result.weight().close();
      for (int row = 0; row < layer.outputs(); row++) {
        double[] expected = bruteForce(before[row], wanted[row], read, ofDense, DAMPING);
        for (int column = 0; column < expected.length; column++) {
          assertThat(after[row][column])
              .as("[%d, %d]", row, column)
              .isCloseTo(expected[column], org.assertj.core.api.Assertions.within(1e-5));
          assertThat(after[row][column] == 0).isEqualTo(before[row][column] == 0);
        }
      }
      double gain = error(before, wanted, read, ofDense) - error(after, wanted, read, ofDense);
      assertThat(gain).isPositive();
      assertThat(result.gain())
          .isCloseTo(gain, org.assertj.core.api.Assertions.withinPercentage(1e-4));
    }
  }

  /** Fitted to few tokens, which tell little of others. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void theRidgeIsTheBestOfFourOnOtherTokens(int seed) {
    random.setSeed(seed);
    ModelConfig config = TinyModels.llama();
    LinearShape layer = config.linears().get(4);
    WeightSource dense = TinyModels.weights(config, 1);
    WeightSource pruned =
        new MaskedWeights(
            TinyModels.weights(config, 2), config, MaskedWeights.MASKS.get("rows and columns"));
    double[][] before = augmented(layer, pruned);
    double[][] wanted = augmented(layer, dense);
    double[][] read = tokens(layer);
    double[][] ofDense = tokens(layer);
    double[][] elsewhere = tokens(layer);
    double[][] ofDenseElsewhere = tokens(layer);
    double[][] best = before;
    for (int times : new int[] {1, 8, 64, 512}) {
      double[][] tried = new double[before.length][];
      Arrays.setAll(
          tried, row -> bruteForce(before[row], wanted[row], read, ofDense, times * DAMPING));
      double error = error(tried, wanted, elsewhere, ofDenseElsewhere);
      if (error < error(best, wanted, elsewhere, ofDenseElsewhere)) {
        best = tried;
      }
    }
    Recipe recipe = Recipe.of(new HashMap<>(Map.of("damp-a", DAMPING)));
    try (TensorScope scope = new TensorScope(device);
        LayerRefit.Moments fit = moments(scope, read, ofDense);
        LayerRefit.Moments judge = moments(scope, elsewhere, ofDenseElsewhere)) {
      LayerRefit.Result result =
          new LayerRefit(device, layer, recipe).refit(dense, pruned, fit, judge);
      double[][] after = rows(result.weight(), layer);
      result.weight().close();
      for (int row = 0; row < after.length; row++) {
        assertThat(after[row])
            .as("row %d", row)
            .containsExactly(best[row], org.assertj.core.api.Assertions.within(1e-5));
      }
      double gain =
          error(before, wanted, elsewhere, ofDenseElsewhere)
              - error(after, wanted, elsewhere, ofDenseElsewhere);
      assertThat(result.gain()).isCloseTo(gain, org.assertj.core.api.Assertions.within(1e-6));
    }
  }

  /** At the optimum only rounding is left, which may not make anything worse. */
  @ParameterizedTest
  @ValueSource(strings = {"elements", "rows and columns"})
  void theErrorNeverGrowsHoweverOftenALayerIsRefitted(String mask) {
    ModelConfig config = TinyModels.opt();
    LinearShape layer = config.linears().get(4);
    WeightSource dense = TinyModels.weights(config, 1);
    WeightSource pruned =
        new MaskedWeights(TinyModels.weights(config, 2), config, MaskedWeights.MASKS.get(mask));
    double[][] wanted = augmented(layer, dense);
    double[][] read = tokens(layer);
    double[][] ofDense = tokens(layer);
    Recipe recipe = Recipe.of(new HashMap<>(Map.of("damp-a", 1e-9)));
    try (TensorScope scope = new TensorScope(device);
        LayerRefit.Moments moments = moments(scope, read, ofDense)) {
      double error = error(augmented(layer, pruned), wanted, read, ofDense);
      WeightSource weights = pruned;
      for (int turn = 0; turn < 6; turn++) {
        LayerRefit.Result result =
            new LayerRefit(device, layer, recipe).refit(dense, weights, moments, moments);
        double after = error(rows(result.weight(), layer), wanted, read, ofDense);
        assertThat(after).isLessThanOrEqualTo(error * (1 + 1e-14));
        assertThat(result.gain()).isNotNegative();
        error = after;
        weights = new LayeredWeights(pruned, Map.of(layer.name(), result.weight()));
      }
    }
  }

  private double[][] tokens(LinearShape layer) {
    double[][] tokens = new double[TOKENS][];
    for (int t = 0; t < TOKENS; t++) {
      tokens[t] = random.doubles(layer.augmentedInputs(), -1, 1).toArray();
      if (layer.bias()) {
        tokens[t][layer.inputs()] = 1;
      }
    }
    return tokens;
  }

  /** Sums over two shards. */
  private LayerRefit.Moments moments(TensorScope scope, double[][] read, double[][] ofDense) {
    int n = read[0].length;
    List<List<Tensor>> shards =
        List.of(
            shard(scope, read, ofDense, 0, TOKENS / 3),
            shard(scope, read, ofDense, TOKENS / 3, TOKENS));
    return LayerRefit.Moments.sum(device, n, shards);
  }

  private List<Tensor> shard(
      TensorScope scope, double[][] read, double[][] ofDense, int from, int to) {
    int n = read[0].length;
    Tensor own = scope.zeros(Precision.DOUBLE, n, n);
    Tensor cross = scope.zeros(Precision.DOUBLE, n, n);
    for (int t = from; t < to; t++) {
      Tensor x = scope.own(device.tensor(Precision.DOUBLE, 1, n, read[t]));
      Tensor d = scope.own(device.tensor(Precision.DOUBLE, 1, n, ofDense[t]));
      device.multiply(1, x.transposed(), x, 1, own);
      device.multiply(1, d.transposed(), x, 1, cross);
    }
    Tensor packed = scope.zeros(Precision.DOUBLE, 1, n * (n + 1) / 2);
    device.pack(own, packed);
    return List.of(packed, cross);
  }

  private double[][] augmented(LinearShape layer, WeightSource weights) {
    try (LayerWeight weight = LayerWeight.load(device, layer, weights)) {
      return rows(weight, layer);
    }
  }

  private double[][] rows(LayerWeight weight, LinearShape layer) {
    try (Tensor all = weight.augmented(device)) {
      double[] values = device.values(all);
      int n = layer.augmentedInputs();
      double[][] rows = new double[layer.outputs()][];
      Arrays.setAll(rows, row -> Arrays.copyOfRange(values, row * n, (row + 1) * n));
      return rows;
    }
  }

  /**
   * Minimises {@code sum_t (w x_t - wanted d_t)^2 + ridge |w - before|^2} over the kept weights.
   */
  private static double[] bruteForce(
      double[] before, double[] wanted, double[][] read, double[][] ofDense, double damping) {
    int[] kept =
        java.util.stream.IntStream.range(0, before.length).filter(i -> before[i] != 0).toArray();
    double ridge = 0;
    for (double[] x : read) {
      ridge += damping * dot(x, x) / x.length;
    }
    double[][] system = new double[kept.length][kept.length + 1];
    for (int i = 0; i < kept.length; i++) {
      system[i][i] += ridge;
      system[i][kept.length] += ridge * before[kept[i]];
      for (int t = 0; t < read.length; t++) {
        for (int j = 0; j < kept.length; j++) {
          system[i][j] += read[t][kept[i]] * read[t][kept[j]];
        }
        system[i][kept.length] += read[t][kept[i]] * dot(wanted, ofDense[t]);
      }
    }
    double[] solved = eliminate(system);
    double[] weight = new double[before.length];
    for (int i = 0; i < kept.length; i++) {
      weight[kept[i]] = solved[i];
    }
    return weight;
  }

  /** Gauss and Jordan; the matrix is positive definite. */
  private static double[] eliminate(double[][] system) {
    int n = system.length;
    for (int pivot = 0; pivot < n; pivot++) {
      for (int row = 0; row < n; row++) {
        double factor = system[row][pivot] / system[pivot][pivot];
        for (int j = pivot; row != pivot && j <= n; j++) {
          system[row][j] -= factor * system[pivot][j];
        }
      }
    }
    double[] solution = new double[n];
    Arrays.setAll(solution, i -> system[i][n] / system[i][i]);
    return solution;
  }

  private static double error(
      double[][] weight, double[][] wanted, double[][] read, double[][] ofDense) {
    double sum = 0;
    for (int row = 0; row < weight.length; row++) {
      for (int t = 0; t < read.length; t++) {
        double difference = dot(weight[row], read[t]) - dot(wanted[row], ofDense[t]);
        sum += difference * difference;
      }
    }
    return sum;
  }

  private static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }
}
