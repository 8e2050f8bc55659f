package org.llmsurgeon.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.Selection;

class DeadStructureTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);
  private static final int[] NOTHING = {};

  /** Row 1 has no gradient, row 3 no weights, column 0 no weights, column 4 no activation. */
  private final RandomLayer layer = withDead(RandomLayer.of(new Random(1), 5, 6));

  private final int[] liveRows = {0, 2, 4};
  private final int[] liveColumns = {1, 2, 3, 5};

  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void rowsAndColumnsWithoutCurvatureOrWeightsAreDead(Device device) {
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
      assertThat(surgery.deadRows()).containsExactly(1, 3);
      assertThat(surgery.deadColumns()).containsExactly(0, 4);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aTinyWeightIsNotDead(Device device) {
    double[][] weight = {{1e-40}};
    double[][] one = {{1}};
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = new RandomLayer(weight, one, one).surgery(scope, DAMPING)) {
      assertThat(surgery.deadRows()).isEmpty();
      assertThat(surgery.deadColumns()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void costsAndDampingAreThoseOfTheLayerWithoutThem(Device device) {
    RandomLayer alive = live();
    for (CostKind kind : CostKind.values()) {
      try (TensorScope scope = new TensorScope(device);
          LayerSurgery surgery = layer.surgery(scope, DAMPING);
          LayerSurgery reduced = alive.surgery(scope, DAMPING)) {
        StructureCosts costs = surgery.costs(kind);
        StructureCosts expected = reduced.costs(kind);
        double[] rows = Arrays.stream(liveRows).mapToDouble(i -> costs.rows()[i]).toArray();
        double[] columns =
            Arrays.stream(liveColumns).mapToDouble(i -> costs.columns()[i]).toArray();
        assertClose("row costs", rows, expected.rows(), 1e-13);
        assertClose("column costs", columns, expected.columns(), 1e-13);
        assertThat(new double[] {costs.rows()[1], costs.rows()[3]}).containsOnly(0);
        assertThat(new double[] {costs.columns()[0], costs.columns()[4]}).containsOnly(0);
        double constantG = reduced.dampingConstantG();
        assertThat(surgery.dampingConstantG()).isCloseTo(constantG, within(1e-15));
        double constantA = reduced.dampingConstantA();
        assertThat(surgery.dampingConstantA()).isCloseTo(constantA, within(1e-15));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatStaysIsUpdatedAsIfTheyWereNotThere(Device device) {
    RandomLayer alive = live();
    Selection selection = new Selection(new int[] {1, 2, 3}, new int[] {0, 3, 4});
    for (UpdateKind kind : UpdateKind.values()) {
      try (TensorScope scope = new TensorScope(device);
          LayerSurgery surgery = layer.surgery(scope, DAMPING);
          LayerSurgery reduced = alive.surgery(scope, DAMPING)) {
        Selection inReduced = new Selection(new int[] {1}, new int[] {2});
        double[] expected = new double[30];
        double[] small = device.values(scope.own(reduced.cut(inReduced, kind)));
        for (int i = 0; i < 12; i++) {
          expected[liveRows[i / 4] * 6 + liveColumns[i % 4]] = small[i];
        }
        Tensor cut = scope.own(surgery.cut(selection, kind));
        assertClose("cut " + kind, device.values(cut), expected, 1e-13);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void deadStructureThatIsNotSelectedKeepsItsWeights(Device device) {
    Selection selection = new Selection(new int[] {2}, new int[] {3});
    boolean[] removed = layer.removed(selection);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING)) {
      double[] cut = device.values(scope.own(surgery.cut(selection, UpdateKind.JOINT)));
      for (int i : new int[] {6, 7, 8, 10, 4, 28}) {
        assertThat(cut[i]).isEqualTo(layer.flatWeight()[i]);
      }
      for (int i = 0; i < 30; i++) {
        assertThat(cut[i] == 0).isEqualTo(removed[i] || layer.flatWeight()[i] == 0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aCutInvertsOnlyWhatItNeeds(Device device) {
    double[][] singular = {{1, 1, 0}, {1, 1, 0}, {0, 0, 0}};
    double[][] regular = {{2, 1, 0}, {1, 2, 0}, {0, 0, 0}};
    double[][] weight = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
    Damping none = new Damping(0, 0);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery noG = new RandomLayer(weight, singular, regular).surgery(scope, none);
        LayerSurgery noA = new RandomLayer(weight, regular, singular).surgery(scope, none)) {
      Selection row = new Selection(new int[] {0}, NOTHING);
      Selection column = new Selection(NOTHING, new int[] {0});
      Selection dead = new Selection(new int[] {2}, new int[] {2});
      Selection all = new Selection(new int[] {0, 1, 2}, new int[] {0});
      for (Selection easy : List.of(column, dead, all, Selection.NONE)) {
        assertThatCode(() -> scope.own(noG.cut(easy, UpdateKind.JOINT))).doesNotThrowAnyException();
      }
      for (Selection easy : List.of(row, dead, all, Selection.NONE)) {
        assertThatCode(() -> scope.own(noA.cut(easy, UpdateKind.JOINT))).doesNotThrowAnyException();
      }
      assertThatCode(() -> scope.own(noG.cut(row, UpdateKind.NONE))).doesNotThrowAnyException();
      assertThatThrownBy(() -> noG.cut(row, UpdateKind.JOINT))
          .isInstanceOf(NotPositiveDefiniteException.class);
      assertThatThrownBy(() -> noA.cut(column, UpdateKind.JOINT))
          .isInstanceOf(NotPositiveDefiniteException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aLayerMayBeDeadAltogether(Device device) {
    RandomLayer random = RandomLayer.of(new Random(2), 2, 3);
    RandomLayer zeros = new RandomLayer(new double[2][3], random.g(), random.a());
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = zeros.surgery(scope, DAMPING)) {
      for (CostKind kind : CostKind.values()) {
        assertThat(surgery.costs(kind).rows()).containsExactly(0, 0);
        assertThat(surgery.costs(kind).columns()).containsExactly(0, 0, 0);
      }
      Selection selection = new Selection(new int[] {1}, new int[] {0, 2});
      for (UpdateKind kind : UpdateKind.values()) {
        Tensor cut = scope.own(surgery.cut(selection, kind));
        assertThat(device.values(cut)).containsOnly(0);
        assertThat(surgery.quadraticCost(cut)).isZero();
      }
    }
  }

  private RandomLayer live() {
    return new RandomLayer(
        part(layer.weight(), liveRows, liveColumns),
        part(layer.g(), liveRows, liveRows),
        part(layer.a(), liveColumns, liveColumns));
  }

  private static RandomLayer withDead(RandomLayer layer) {
    for (int i = 0; i < 5; i++) {
      layer.g()[1][i] = 0;
      layer.g()[i][1] = 0;
      layer.weight()[i][0] = 0;
    }
    for (int i = 0; i < 6; i++) {
      layer.a()[4][i] = 0;
      layer.a()[i][4] = 0;
      layer.weight()[3][i] = 0;
    }
    return layer;
  }

  private static double[][] part(double[][] matrix, int[] rows, int[] columns) {
    return IntStream.of(rows)
        .mapToObj(r -> IntStream.of(columns).mapToDouble(c -> matrix[r][c]).toArray())
        .toArray(double[][]::new);
  }
}
