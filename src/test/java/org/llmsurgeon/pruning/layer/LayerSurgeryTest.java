package org.llmsurgeon.pruning.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.pruning.DenseQuadratic;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.structure.Selection;

class LayerSurgeryTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);
  private static final int[] NOTHING = {};

  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theJointCutIsTheCheapestOfAll(Device device) {
    Random random = new Random(1);
    for (int trial = 0; trial < 150; trial++) {
      RandomLayer layer = RandomLayer.of(random, 1 + trial % 6, 1 + random.nextInt(6));
      Selection selection = layer.randomSelection(random);
      DenseQuadratic quadratic = layer.quadratic(DAMPING);
      double[] cheapest = quadratic.cheapestRemoval(layer.flatWeight(), layer.removed(selection));
      try (TensorScope scope = new TensorScope(device);
          LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
        Tensor cut = scope.own(surgery.cut(selection, UpdateKind.JOINT));
        double[] change = RandomLayer.minus(device.values(cut), layer.flatWeight());
        assertClose("change for " + selection, change, cheapest, 1e-9);
        assertClose("cost", surgery.quadraticCost(cut), quadratic.cost(cheapest), 1e-9);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void zerosStayZerosAndTheJointCutIsTheCheapestWithThem(Device device) {
    Random random = new Random(17);
    for (int trial = 0; trial < 20; trial++) {
      RandomLayer layer = RandomLayer.of(random, 5, 6);
      for (double[] row : layer.weight()) {
        for (int column = 0; column < row.length; column++) {
          row[column] = random.nextInt(3) == 0 ? 0 : row[column];
        }
      }
      Selection selection = new Selection(new int[] {1}, new int[] {0, 4});
      boolean[] gone = layer.removed(selection);
      double[] weight = layer.flatWeight();
      for (int i = 0; i < gone.length; i++) {
        gone[i] |= weight[i] == 0;
      }
      Damping damping = new Damping(0.1, 0.1);
      double[] best = layer.quadratic(damping).cheapestRemoval(weight, gone);
      double least = layer.quadratic(damping).cost(best);
      try (TensorScope scope = new TensorScope(device);
          LayerSurgery surgery = layer.surgery(scope, damping)) {
        for (UpdateKind kind : UpdateKind.values()) {
          try (Tensor cut = surgery.cut(selection, kind)) {
            double[] values = device.values(cut);
            double[] change = RandomLayer.minus(values, weight);
            for (int i = 0; i < gone.length; i++) {
              assertThat(gone[i] && values[i] != 0).as("%s, weight %d", kind, i).isFalse();
            }
            double cost = layer.quadratic(damping).cost(change);
            assertThat(cost).isGreaterThan(least * (1 - 1e-9));
            if (kind == UpdateKind.JOINT) {
              assertThat(cost).isLessThan(least * (1 + 1e-6));
            }
          }
        }
      }
    }
  }

  /** A quantised layer has them; they are no pattern that a run left. */
  @ParameterizedTest
  @MethodSource("devices")
  void scatteredZerosAreWeightsLikeOthers(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(3), 6, 6);
    layer.weight()[2][1] = 0;
    layer.weight()[4][3] = 0;
    Selection selection = new Selection(new int[] {1}, new int[] {0, 5});
    Damping damping = new Damping(0.1, 0.1);
    double[] cheapest =
        layer.quadratic(damping).cheapestRemoval(layer.flatWeight(), layer.removed(selection));
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, damping)) {
      Tensor cut = scope.own(surgery.cut(selection, UpdateKind.JOINT));
      double[] change = RandomLayer.minus(device.values(cut), layer.flatWeight());
      assertClose("change", change, cheapest, 1e-9);
      assertThat(device.values(cut)[2 * 6 + 1]).isNotZero();
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theJointCutLeavesNoGradientOnWhatStays(Device device) {
    Random random = new Random(2);
    RandomLayer layer = RandomLayer.of(random, 40, 30);
    Selection selection = layer.randomSelection(random);
    boolean[] removed = layer.removed(selection);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
      Tensor change = scope.own(surgery.cut(selection, UpdateKind.JOINT));
      device.add(-1, RandomLayer.tensor(scope, layer.weight()), change);
      Tensor g = RandomLayer.tensor(scope, RandomLayer.damped(layer.g(), DAMPING.g()));
      Tensor a = RandomLayer.tensor(scope, RandomLayer.damped(layer.a(), DAMPING.a()));
      Tensor half = scope.empty(Precision.DOUBLE, 40, 30);
      device.multiply(1, g, change, 0, half);
      Tensor gradient = scope.empty(Precision.DOUBLE, 40, 30);
      device.multiply(1, half, a, 0, gradient);
      double[] values = device.values(gradient);
      double largest =
          IntStream.range(0, 1200).mapToDouble(i -> Math.abs(values[i])).max().orElse(0);
      for (int i = 0; i < 1200; i++) {
        assertThat(removed[i] ? 0 : Math.abs(values[i])).isLessThan(1e-10 * largest);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void noOtherUpdateIsCheaperThanTheJointOne(Device device) {
    Random random = new Random(3);
    for (int trial = 0; trial < 20; trial++) {
      RandomLayer layer = RandomLayer.of(random, 8, 9);
      Selection selection = new Selection(new int[] {1, 4}, new int[] {0, 2, 7});
      try (TensorScope scope = new TensorScope(device);
          LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
        double joint = surgery.quadraticCost(scope.own(surgery.cut(selection, UpdateKind.JOINT)));
        for (UpdateKind kind : UpdateKind.values()) {
          double cost = surgery.quadraticCost(scope.own(surgery.cut(selection, kind)));
          assertThat(cost).as(kind.optionName()).isGreaterThanOrEqualTo(joint);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theAdditiveCutAddsRowAndColumnUpdatesOfTheSameWeight(Device device) {
    Random random = new Random(4);
    for (int trial = 0; trial < 60; trial++) {
      RandomLayer layer = RandomLayer.of(random, 1 + trial % 6, 1 + random.nextInt(6));
      Selection selection = layer.randomSelection(random);
      double[] expected = layer.flatWeight();
      addChange(layer, new Selection(selection.rows(), NOTHING), expected);
      addChange(layer, new Selection(NOTHING, selection.columns()), expected);
      assertCut(device, layer, selection, UpdateKind.ADDITIVE, expected);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theIndependentCutAddsTheUpdateOfEachAlone(Device device) {
    Random random = new Random(5);
    for (int trial = 0; trial < 60; trial++) {
      RandomLayer layer = RandomLayer.of(random, 1 + trial % 6, 1 + random.nextInt(6));
      Selection selection = layer.randomSelection(random);
      double[] expected = layer.flatWeight();
      for (int row : selection.rows()) {
        addChange(layer, new Selection(new int[] {row}, NOTHING), expected);
      }
      for (int column : selection.columns()) {
        addChange(layer, new Selection(NOTHING, new int[] {column}), expected);
      }
      assertCut(device, layer, selection, UpdateKind.INDEPENDENT, expected);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void withoutUpdateOnlyWhatGoesChanges(Device device) {
    Random random = new Random(6);
    RandomLayer layer = RandomLayer.of(random, 5, 6);
    Selection selection = layer.randomSelection(random);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
      double[] expected = layer.flatWeight();
      zero(layer, selection, expected);
      Tensor cut = scope.own(surgery.cut(selection, UpdateKind.NONE));
      assertThat(device.values(cut)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void removedWeightsAreExactlyZero(Device device) {
    Random random = new Random(7);
    for (UpdateKind kind : UpdateKind.values()) {
      RandomLayer layer = RandomLayer.of(random, 12, 9);
      Selection selection = layer.randomSelection(random);
      boolean[] removed = layer.removed(selection);
      try (TensorScope scope = new TensorScope(device);
          LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
        double[] cut = device.values(scope.own(surgery.cut(selection, kind)));
        for (int i = 0; i < cut.length; i++) {
          assertThat(cut[i] == 0).isEqualTo(removed[i]);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void nothingSelectedChangesNothing(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(8), 3, 4);
    for (UpdateKind kind : UpdateKind.values()) {
      assertCut(device, layer, Selection.NONE, kind, layer.flatWeight());
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void allRowsOrAllColumnsLeaveZeros(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(9), 3, 4);
    for (UpdateKind kind : UpdateKind.values()) {
      Selection rows = new Selection(new int[] {0, 1, 2}, new int[] {1});
      assertCut(device, layer, rows, kind, new double[12]);
      Selection columns = new Selection(NOTHING, new int[] {0, 1, 2, 3});
      assertCut(device, layer, columns, kind, new double[12]);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void weightAndFactorsInSingleAreWorkedOnInDouble(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(10), 4, 5).roundedToSingle();
    Selection selection = new Selection(new int[] {2}, new int[] {0, 3});
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery exact = layer.surgery(scope, DAMPING)) {
      Tensor weight = single(scope, RandomLayer.tensor(scope, layer.weight()));
      KroneckerFactors factors = layer.factors(scope, CurvatureKind.KFAC);
      KroneckerFactors singles =
          new KroneckerFactors(single(scope, factors.a()), single(scope, factors.g()), 1);
      try (LayerSurgery surgery = new LayerSurgery(device, "1", weight, singles, DAMPING)) {
        Tensor cut = scope.own(surgery.cut(selection, UpdateKind.JOINT));
        Tensor expected = scope.own(exact.cut(selection, UpdateKind.JOINT));
        assertThat(cut.precision()).isEqualTo(Precision.DOUBLE);
        assertThat(device.values(cut)).isEqualTo(device.values(expected));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatDoesNotFitIsRefused(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(11), 2, 3);
    RandomLayer other = RandomLayer.of(new Random(11), 3, 2);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> new RandomLayer(layer.weight(), other.g(), layer.a()).surgery(scope, DAMPING))
          .withMessageContaining("layer 1");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> surgery.cut(new Selection(new int[] {2}, NOTHING), UpdateKind.NONE));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> surgery.cut(new Selection(NOTHING, new int[] {3}), UpdateKind.NONE));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aNumberThatIsNotFiniteIsNamed(Device device) {
    for (String what : List.of("weight", "factor G", "factor A")) {
      RandomLayer layer = RandomLayer.of(new Random(12), 2, 3);
      double[][] matrix =
          what.equals("weight") ? layer.weight() : what.equals("factor G") ? layer.g() : layer.a();
      matrix[1][0] = Double.NaN;
      try (TensorScope scope = new TensorScope(device)) {
        assertThatThrownBy(() -> layer.surgery(scope, DAMPING))
            .isInstanceOf(NonFiniteException.class)
            .hasMessageContainingAll("layer 1", what + " at [1, 0]");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void anUpdateThatOverflowsIsNamed(Device device) {
    double[][] strong = {{1, 0.999}, {0.999, 1}};
    double[][] weight = {{1e308, 1e308}, {1e308, 1e308}};
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery =
            new RandomLayer(weight, strong, strong).surgery(scope, new Damping(0, 0))) {
      Selection selection = new Selection(new int[] {0}, new int[] {0});
      assertThatThrownBy(() -> surgery.cut(selection, UpdateKind.JOINT))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContainingAll("layer 1", "updated weight");
    }
  }

  private static Tensor single(TensorScope scope, Tensor exact) {
    Tensor single = scope.empty(Precision.SINGLE, exact.rows(), exact.columns());
    scope.device().copy(exact, single);
    return single;
  }

  /** Adds the change of the cheapest removal of a selection. */
  private static void addChange(RandomLayer layer, Selection selection, double[] sum) {
    double[] change =
        layer.quadratic(DAMPING).cheapestRemoval(layer.flatWeight(), layer.removed(selection));
    for (int i = 0; i < sum.length; i++) {
      sum[i] += change[i];
    }
  }

  private static void zero(RandomLayer layer, Selection selection, double[] weight) {
    boolean[] removed = layer.removed(selection);
    for (int i = 0; i < weight.length; i++) {
      weight[i] = removed[i] ? 0 : weight[i];
    }
  }

  private static void assertCut(
      Device device, RandomLayer layer, Selection selection, UpdateKind kind, double[] expected) {
    zero(layer, selection, expected);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
      Tensor cut = scope.own(surgery.cut(selection, kind));
      assertClose(kind + " of " + selection, device.values(cut), expected, 1e-9);
    }
  }
}
