package org.llmsurgeon.pruning.element;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.DenseQuadratic;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;

class PatternCostsTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);

  private final Device device = CpuDevice.create();

  @ParameterizedTest
  @ValueSource(strings = {"2:4", "1:4", "3:4", "4:8", "1:8", "1:2"})
  void aGroupCostsTheCheapestJointRemovalOfAllItsChoices(String name) {
    SparsityPattern pattern = SparsityPattern.parse(name);
    RandomLayer layer = RandomLayer.of(new Random(1), 2, 8);
    DenseQuadratic quadratic = layer.quadratic(DAMPING);
    double[][] costs = costs(layer, pattern, false);
    ElementMask mask = allGroups(layer, pattern, false);
    for (int row = 0; row < 2; row++) {
      for (int group = 0; group < 8 / pattern.size(); group++) {
        int first = row * 8 + group * pattern.size();
        double least = Double.POSITIVE_INFINITY;
        int cheapest = 0;
        for (int set = 0; set < 1 << pattern.size(); set++) {
          if (Integer.bitCount(set) == pattern.removed()) {
            double cost = cost(quadratic, layer, first, set);
            cheapest = cost < least ? set : cheapest;
            least = Math.min(cost, least);
          }
        }
        assertClose("cost", costs[row][group], least, 1e-9);
        assertThat(chosen(mask, row, group * pattern.size(), pattern.size())).isEqualTo(cheapest);
      }
    }
  }

  private static double cost(DenseQuadratic quadratic, RandomLayer layer, int first, int set) {
    boolean[] removed = new boolean[layer.rows() * layer.columns()];
    for (int i = 0; set >> i != 0; i++) {
      removed[first + i] = (set >> i & 1) != 0;
    }
    return quadratic.cost(quadratic.cheapestRemoval(layer.flatWeight(), removed));
  }

  private static int chosen(ElementMask mask, int row, int column, int size) {
    return IntStream.range(0, size).map(i -> mask.removed(row, column + i) ? 1 << i : 0).sum();
  }

  @Test
  void aLargeGroupCostsTheJointRemovalOfWhatWasChosenStepByStep() {
    SparsityPattern pattern = SparsityPattern.parse("5:12");
    RandomLayer layer = RandomLayer.of(new Random(2), 2, 12);
    DenseQuadratic quadratic = layer.quadratic(DAMPING);
    double[][] costs = costs(layer, pattern, false);
    ElementMask mask = allGroups(layer, pattern, false);
    for (int row = 0; row < 2; row++) {
      int set = chosen(mask, row, 0, 12);
      assertThat(Integer.bitCount(set)).isEqualTo(7);
      assertClose("cost", costs[row][0], cost(quadratic, layer, row * 12, set), 1e-9);
      assertThat(set).isEqualTo(stepByStep(quadratic, layer, row * 12, 7));
    }
  }

  private static int stepByStep(DenseQuadratic quadratic, RandomLayer layer, int first, int steps) {
    int set = 0;
    for (int step = 0; step < steps; step++) {
      int best = 0;
      for (int i = 0; i < layer.columns(); i++) {
        int more = set | 1 << i;
        boolean cheaper =
            more != set
                && (best == 0
                    || cost(quadratic, layer, first, more) < cost(quadratic, layer, first, best));
        best = cheaper ? more : best;
      }
      set = best;
    }
    return set;
  }

  @Test
  void independentlyAGroupCostsTheSumOfItsCheapestWeights() {
    SparsityPattern pattern = SparsityPattern.parse("2:4");
    RandomLayer layer = RandomLayer.of(new Random(3), 3, 9);
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope, layer)) {
      Tensor weight = RandomLayer.tensor(scope, layer.weight());
      ElementCurvature curvature = surgery.curvature(CostKind.OBS);
      PatternCosts costs =
          PatternCosts.independent(
              device, new PrunableLayer("fc1", weight, true), pattern, curvature);
      double[] elements = new double[9];
      double[] groups = new double[2];
      for (int row = 0; row < 3; row++) {
        ElementCosts.of(device, new PrunableLayer("fc1", weight, false), curvature, false)
            .read(row, elements, new int[9]);
        costs.read(row, groups, new int[2]);
        for (int group = 0; group < 2; group++) {
          double[] sorted = Arrays.copyOfRange(elements, 4 * group, 4 * group + 4);
          Arrays.sort(sorted);
          assertClose("cost", groups[group], sorted[0] + sorted[1], 1e-13);
        }
      }
    }
  }

  @Test
  void theBiasIsNeverInAGroupAndGroupsAreThoseOfTheFullWeight() {
    RandomLayer layer = RandomLayer.of(new Random(4), 3, 9);
    for (int i = 0; i < 9; i++) {
      layer.a()[2][i] = 0; // a dead column shifts no group
      layer.a()[i][2] = 0;
    }
    ElementMask mask = allGroups(layer, SparsityPattern.parse("2:4"), true);
    for (int row = 0; row < 3; row++) {
      assertThat(Integer.bitCount(chosen(mask, row, 0, 4))).isEqualTo(2);
      assertThat(Integer.bitCount(chosen(mask, row, 4, 4))).isEqualTo(2);
      assertThat(mask.removed(row, 2)).as("the dead weight costs nothing").isTrue();
      assertThat(mask.removed(row, 8)).as("bias").isFalse();
    }
  }

  @Test
  void aDeadWeightOfAGroupNeitherCostsNorCorrelates() {
    RandomLayer layer = RandomLayer.of(new Random(5), 1, 4);
    for (int i = 0; i < 4; i++) {
      layer.a()[1][i] = 0;
      layer.a()[i][1] = 0;
    }
    double[][] weight = {{layer.weight()[0][0], layer.weight()[0][2], layer.weight()[0][3]}};
    RandomLayer alive = new RandomLayer(weight, layer.g(), without(layer.a(), 1));
    for (String name : List.of("2:4", "1:4")) {
      SparsityPattern pattern = SparsityPattern.parse(name);
      SparsityPattern smaller = new SparsityPattern(pattern.kept(), 3);
      double expected = costs(alive, smaller, false)[0][0];
      assertClose("cost", costs(layer, pattern, false)[0][0], expected, 1e-12);
    }
  }

  private static double[][] without(double[][] matrix, int index) {
    int[] kept = IntStream.range(0, matrix.length).filter(i -> i != index).toArray();
    return IntStream.of(kept)
        .mapToObj(r -> IntStream.of(kept).mapToDouble(c -> matrix[r][c]).toArray())
        .toArray(double[][]::new);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2:4", "3:12"})
  void aGroupThatWasPrunedCostsNothingAndIsTheSameChoiceAgain(String name) {
    SparsityPattern pattern = SparsityPattern.parse(name);
    RandomLayer layer = RandomLayer.of(new Random(6), 4, 12);
    ElementMask first = allGroups(layer, pattern, false);
    for (int row = 0; row < 4; row++) {
      for (int column : first.removedColumns(row)) {
        layer.weight()[row][column] = 0;
      }
    }
    assertThat(allGroups(layer, pattern, false)).isEqualTo(first);
    for (double[] row : costs(layer, pattern, false)) {
      assertThat(row).containsOnly(0);
    }
  }

  @Test
  void zerosStayAmongWhatGoesAlsoWhereTheyAreTooFewOrTooMany() {
    RandomLayer layer = RandomLayer.of(new Random(7), 1, 8);
    layer.weight()[0][0] = 0;
    for (int column : new int[] {4, 5, 7}) {
      layer.weight()[0][column] = 0;
    }
    SparsityPattern pattern = SparsityPattern.parse("2:4");
    double[] costs = costs(layer, pattern, false)[0];
    assertThat(costs[0]).isPositive();
    assertThat(costs[1]).isZero();
    ElementMask all = allGroups(layer, pattern, false);
    assertThat(all.removed(0, 0)).isTrue();
    assertThat(all.count()).isEqualTo(2 + 3);
    ElementMask none = select(layer, pattern, false, 0);
    assertThat(none.removedColumns(0)).containsExactly(0, 4, 5, 7);
  }

  /** Of any number of weights: never more are gone, and the next cheapest group would not fit. */
  @ParameterizedTest
  @ValueSource(strings = {"2:4", "1:4", "3:4", "1:3", "5:12"})
  void zerosOfGroupsThatStayCountAsGone(String name) {
    SparsityPattern pattern = SparsityPattern.parse(name);
    Random random = new Random(8);
    for (int trial = 0; trial < 12; trial++) {
      RandomLayer layer = RandomLayer.of(random, 4, 12);
      for (double[] row : layer.weight()) {
        for (int i = 0; i < row.length; i++) {
          row[i] = random.nextInt(4) == 0 ? 0 : row[i];
        }
      }
      int least = gone(select(layer, pattern, false, 0), pattern);
      int all = 4 * (12 / pattern.size()) * pattern.removed();
      for (int count = 0; count <= all; count++) {
        int gone = gone(select(layer, pattern, false, count), pattern);
        int allowed = Math.max(count, least);
        assertThat(gone).isBetween(Math.max(least, allowed - pattern.removed() + 1), allowed);
      }
      assertThat(gone(allGroups(layer, pattern, false), pattern)).isEqualTo(all);
    }
  }

  /** Counted by its words: zeros of each group, no more of it than the pattern takes. */
  private static int gone(ElementMask mask, SparsityPattern pattern) {
    int gone = 0;
    for (int row = 0; row < mask.rows(); row++) {
      for (int at = 0; at < mask.columns(); at += pattern.size()) {
        int zeros = Integer.bitCount(chosen(mask, row, at, pattern.size()));
        gone += Math.min(zeros, pattern.removed());
      }
    }
    return gone;
  }

  /**
   * One weight of a group that lacks one against two of another: what counts is the cost of each.
   */
  @Test
  void aGroupCompetesWithWhatEachOfItsWeightsCosts() {
    Tensor weight = device.tensor(Precision.DOUBLE, 1, 8, 0, 3, 5, 5, 2, 2.5, 5, 5);
    ElementCurvature flat =
        new ElementCurvature(new double[] {2}, new double[] {1, 1, 1, 1, 1, 1, 1, 1});
    try (weight) {
      PatternCosts costs =
          PatternCosts.independent(
              device, new PrunableLayer("fc1", weight, false), SparsityPattern.parse("2:4"), flat);
      double[] each = new double[2];
      int[] weights = new int[2];
      costs.read(0, each, weights);
      assertThat(each).containsExactly(2 * 9, 4 + 6.25);
      assertThat(weights).containsExactly(1, 2);
      assertThat(costs.select(CheapestElements.select(List.of(costs), 3).cuts().get(0)))
          .hasToString("3 of [1, 8] weights removed");
      assertThat(costs.select(CheapestElements.select(List.of(costs), 2).cuts().get(0)))
          .hasToString("1 of [1, 8] weights removed");
    }
  }

  @Test
  void aPatternThatDoesNotFitIsRefusedByLayer() {
    RandomLayer layer = RandomLayer.of(new Random(8), 2, 6);
    SparsityPattern pattern = SparsityPattern.parse("2:4");
    assertThatThrownBy(() -> costs(layer, pattern, false))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("fc1", "6", "2:4");
    try (TensorScope scope = new TensorScope(device)) {
      PrunableLayer groups =
          new PrunableLayer("fc1", RandomLayer.tensor(scope, layer.weight()), false);
      SparsityPattern fits = SparsityPattern.parse("1:2");
      JointCurvature wrong = new JointCurvature(new double[2], new double[2][4]);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> PatternCosts.correlated(device, groups, fits, wrong));
    }
  }

  private ElementSurgery surgery(TensorScope scope, RandomLayer layer) {
    return new ElementSurgery(
        device,
        "fc1",
        RandomLayer.tensor(scope, layer.weight()),
        layer.factors(scope, CurvatureKind.KFAC),
        DAMPING);
  }

  private double[][] costs(RandomLayer layer, SparsityPattern pattern, boolean bias) {
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope, layer)) {
      PatternCosts costs = of(scope, surgery, layer, pattern, bias);
      double[][] values = new double[costs.rows()][costs.columns()];
      for (int row = 0; row < values.length; row++) {
        costs.read(row, values[row], new int[values[row].length]);
      }
      return values;
    }
  }

  private PatternCosts of(
      TensorScope scope,
      ElementSurgery surgery,
      RandomLayer layer,
      SparsityPattern pattern,
      boolean bias) {
    PrunableLayer groups =
        new PrunableLayer("fc1", RandomLayer.tensor(scope, layer.weight()), bias);
    return PatternCosts.correlated(device, groups, pattern, surgery.curvature(pattern, bias));
  }

  private ElementMask allGroups(RandomLayer layer, SparsityPattern pattern, boolean bias) {
    int groups = layer.rows() * (layer.columns() / pattern.size());
    return select(layer, pattern, bias, groups * pattern.removed());
  }

  private ElementMask select(RandomLayer layer, SparsityPattern pattern, boolean bias, long count) {
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope, layer)) {
      PatternCosts costs = of(scope, surgery, layer, pattern, bias);
      return costs.select(CheapestElements.select(List.of(costs), count).cuts().get(0));
    }
  }
}
