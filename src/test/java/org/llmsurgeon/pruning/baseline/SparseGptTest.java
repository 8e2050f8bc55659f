package org.llmsurgeon.pruning.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.pruning.DenseQuadratic;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;

class SparseGptTest {
  private static final double[][] ONE = {{1}};

  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void oneBlockOfOneRowIsTheExactRemovalColumnByColumn(Device device) {
    Random random = new Random(1);
    for (int trial = 0; trial < 30; trial++) {
      int width = 1 + random.nextInt(8);
      RandomLayer layer = RandomLayer.of(random, 1, width);
      int count = random.nextInt(width + 1);
      LayerSparsity share = new LayerSparsity.Share((count + 0.5) / (width + 1));
      int going = (int) ((count + 0.5) / (width + 1) * width);
      double[] pruned = prune(device, layer, share, 128);
      assertClose("weight", pruned, columnByColumn(layer, cheapest(layer, going)), 1e-10);
    }
  }

  /** The columns whose removal costs least where only those to their right can make up for it. */
  private static boolean[] cheapest(RandomLayer layer, int going) {
    int[] order =
        IntStream.range(0, layer.columns())
            .boxed()
            .sorted(Comparator.comparingDouble(j -> rightOf(layer.flatWeight(), layer, j, true)[0]))
            .mapToInt(Integer::intValue)
            .toArray();
    boolean[] gone = new boolean[layer.columns()];
    Arrays.stream(order).limit(going).forEach(j -> gone[j] = true);
    return gone;
  }

  private static double[] columnByColumn(RandomLayer layer, boolean[] gone) {
    double[] weight = layer.flatWeight();
    for (int j = 0; j < gone.length; j++) {
      if (gone[j]) {
        double[] change = rightOf(weight, layer, j, false);
        for (int k = j; k < gone.length; k++) {
          weight[k] = k == j ? 0 : weight[k] + change[k - j];
        }
      }
    }
    return weight;
  }

  /** Cost or change of removing column j while those left of it are frozen. */
  private static double[] rightOf(double[] weight, RandomLayer layer, int j, boolean cost) {
    double[][] damped = RandomLayer.damped(layer.a(), SparseGpt.DAMPING);
    double[][] a =
        IntStream.range(j, damped.length)
            .mapToObj(i -> Arrays.copyOfRange(damped[i], j, damped.length))
            .toArray(double[][]::new);
    DenseQuadratic quadratic = new DenseQuadratic(ONE, a);
    boolean[] removed = new boolean[a.length];
    removed[0] = true;
    double[] change =
        quadratic.cheapestRemoval(Arrays.copyOfRange(weight, j, weight.length), removed);
    return cost ? new double[] {quadratic.cost(change)} : change;
  }

  @ParameterizedTest
  @MethodSource("devices")
  void blocksOfAnyWidthGiveTheSamePatternAndUpdates(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(2), 9, 24);
    for (String name : List.of("2:4", "1:4", "3:8")) {
      SparsityPattern pattern = SparsityPattern.parse(name);
      double[] expected = prune(device, layer, pattern, 128);
      for (int block : new int[] {1, 8, 13, 24}) {
        assertClose(name, prune(device, layer, pattern, block), expected, 1e-11);
      }
      for (int first = 0; first < expected.length; first += pattern.size()) {
        double[] group = Arrays.copyOfRange(expected, first, first + pattern.size());
        assertThat(Arrays.stream(group).filter(w -> w == 0).count()).isEqualTo(pattern.removed());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aGroupIsChosenWhenItIsReachedAndUpdatedColumnByColumn(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(3), 1, 8);
    double[] weight = layer.flatWeight();
    for (int first : new int[] {0, 4}) {
      double[] start = weight.clone();
      int[] order =
          IntStream.range(first, first + 4)
              .boxed()
              .sorted(Comparator.comparingDouble(j -> rightOf(start, layer, j, true)[0]))
              .mapToInt(Integer::intValue)
              .limit(2)
              .sorted()
              .toArray();
      for (int j : order) {
        double[] change = rightOf(weight, layer, j, false);
        for (int k = j; k < 8; k++) {
          weight[k] = k == j ? 0 : weight[k] + change[k - j];
        }
      }
    }
    assertClose("weight", prune(device, layer, SparsityPattern.parse("2:4"), 128), weight, 1e-10);
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aShareIsTakenOfEachBlockOverAllRowsAndExactlyReachedOverall(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(4), 7, 23);
    for (double share : new double[] {0, 0.2, 0.5, 0.77, 1}) {
      double[] pruned = prune(device, layer, new LayerSparsity.Share(share), 5);
      for (int end : new int[] {5, 10, 15, 20, 23}) {
        long zeros =
            IntStream.range(0, pruned.length).filter(i -> i % 23 < end && pruned[i] == 0).count();
        assertThat(zeros).isEqualTo((long) (share * (7L * end)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theUpdateLowersTheErrorOfTheOutput(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(5), 6, 30);
    double[] pruned = prune(device, layer, new LayerSparsity.Share(0.5), 8);
    double[] zeroed = layer.flatWeight();
    for (int i = 0; i < zeroed.length; i++) {
      zeroed[i] = pruned[i] == 0 ? 0 : zeroed[i];
    }
    assertThat(error(layer, pruned)).isLessThan(0.9 * error(layer, zeroed));
  }

  private static double error(RandomLayer layer, double[] weight) {
    double[] change = RandomLayer.minus(weight, layer.flatWeight());
    DenseQuadratic row = new DenseQuadratic(ONE, layer.a());
    return IntStream.range(0, layer.rows())
        .mapToDouble(
            r ->
                row.cost(
                    Arrays.copyOfRange(change, r * layer.columns(), (r + 1) * layer.columns())))
        .sum();
  }

  @ParameterizedTest
  @MethodSource("devices")
  void biasesStayAndDeadInputsGoFirstWithoutDisturbingTheOthers(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(6), 4, 6);
    for (int i = 0; i < 6; i++) {
      layer.a()[2][i] = 0;
      layer.a()[i][2] = 0;
    }
    try (TensorScope scope = new TensorScope(device)) {
      PrunableLayer of = new PrunableLayer("fc1", RandomLayer.tensor(scope, layer.weight()), true);
      Tensor a = RandomLayer.tensor(scope, layer.a());
      double[] pruned =
          device.values(
              scope.own(SparseGpt.prune(device, of, a, new LayerSparsity.Share(0.2), 128)));
      double[] expected = layer.flatWeight();
      for (int row = 0; row < 4; row++) {
        expected[row * 6 + 2] = 0;
      }
      assertThat(pruned).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatIsZeroStaysZeroAndCounts(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(7), 6, 16);
    Random random = new Random(8);
    for (double[] row : layer.weight()) {
      Arrays.setAll(row, i -> random.nextInt(4) == 0 ? 0 : row[i]);
    }
    for (int block : new int[] {4, 128}) {
      double[] pruned = prune(device, layer, new LayerSparsity.Share(0.6), block);
      double[] before = layer.flatWeight();
      for (int i = 0; i < before.length; i++) {
        assertThat(before[i] != 0 || pruned[i] == 0).isTrue();
      }
      assertThat(Arrays.stream(pruned).filter(w -> w == 0).count()).isEqualTo((long) (0.6 * 96));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aPatternThatDoesNotFitIsRefused(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(9), 2, 6);
    assertThatThrownBy(() -> prune(device, layer, SparsityPattern.parse("2:4"), 128))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("fc1");
  }

  private static double[] prune(
      Device device, RandomLayer layer, LayerSparsity sparsity, int block) {
    try (TensorScope scope = new TensorScope(device)) {
      PrunableLayer of = new PrunableLayer("fc1", RandomLayer.tensor(scope, layer.weight()), false);
      Tensor a = RandomLayer.tensor(scope, layer.a());
      return device.values(scope.own(SparseGpt.prune(device, of, a, sparsity, block)));
    }
  }
}
