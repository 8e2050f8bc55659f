package org.llmsurgeon.pruning.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pruning.DenseQuadratic;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.structure.Selection;

class LineCostsTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);

  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void anObsRowCostIsTheMinimumWithDampedGAndUndampedA(Device device) {
    Random random = new Random(1);
    for (int trial = 0; trial < 60; trial++) {
      RandomLayer layer = RandomLayer.of(random, 1 + trial % 6, 1 + random.nextInt(6));
      DenseQuadratic quadratic = layer.quadratic(new Damping(DAMPING.g(), 0));
      double[] expected =
          IntStream.range(0, layer.rows())
              .mapToDouble(r -> minimum(layer, quadratic, new Selection(new int[] {r}, NOTHING)))
              .toArray();
      assertClose("row costs", costs(device, layer, CostKind.OBS).rows(), expected, 1e-9);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void anObsColumnCostIsTheMinimumWithUndampedGAndDampedA(Device device) {
    Random random = new Random(2);
    for (int trial = 0; trial < 60; trial++) {
      RandomLayer layer = RandomLayer.of(random, 1 + random.nextInt(6), 1 + trial % 6);
      DenseQuadratic quadratic = layer.quadratic(new Damping(0, DAMPING.a()));
      double[] expected =
          IntStream.range(0, layer.columns())
              .mapToDouble(c -> minimum(layer, quadratic, new Selection(NOTHING, new int[] {c})))
              .toArray();
      assertClose("column costs", costs(device, layer, CostKind.OBS).columns(), expected, 1e-9);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void anObdCostIsThatOfZeroingAlone(Device device) {
    Random random = new Random(3);
    for (int trial = 0; trial < 30; trial++) {
      RandomLayer layer = RandomLayer.of(random, 1 + trial % 6, 1 + random.nextInt(6));
      DenseQuadratic quadratic = layer.quadratic(new Damping(0, 0));
      double[] rows = new double[layer.rows()];
      for (int r = 0; r < rows.length; r++) {
        rows[r] = zeroing(layer, quadratic, new Selection(new int[] {r}, NOTHING));
      }
      double[] columns = new double[layer.columns()];
      for (int c = 0; c < columns.length; c++) {
        columns[c] = zeroing(layer, quadratic, new Selection(NOTHING, new int[] {c}));
      }
      StructureCosts costs = costs(device, layer, CostKind.OBD);
      assertClose("row costs", costs.rows(), rows, 1e-12);
      assertClose("column costs", costs.columns(), columns, 1e-12);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void identityWithObdIsHalfTheSquaredMagnitude(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(4), 4, 5);
    try (TensorScope scope = new TensorScope(device)) {
      KroneckerFactors factors = KroneckerFactors.identity(device, 4, 5);
      scope.own(factors.a());
      scope.own(factors.g());
      StructureCosts costs = costs(scope, layer, factors, CostKind.OBD);
      assertClose(
          "row costs", costs.rows(), squaredRows(layer, new double[] {1, 1, 1, 1, 1}), 1e-14);
      double[] columns = new double[5];
      for (int i = 0; i < 20; i++) {
        columns[i % 5] += 0.5 * Math.pow(layer.flatWeight()[i], 2);
      }
      assertClose("column costs", costs.columns(), columns, 1e-14);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void activationsWithObdCountDiagonalsOnly(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(5), 4, 5);
    try (TensorScope scope = new TensorScope(device)) {
      Tensor a = RandomLayer.tensor(scope, layer.a());
      KroneckerFactors factors = KroneckerFactors.activations(device, a, 4, 1);
      scope.own(factors.g());
      StructureCosts costs = costs(scope, layer, factors, CostKind.OBD);
      double[] diagonal = IntStream.range(0, 5).mapToDouble(i -> layer.a()[i][i]).toArray();
      assertClose("row costs", costs.rows(), squaredRows(layer, diagonal), 1e-14);
      double[] columns = new double[5];
      for (int i = 0; i < 20; i++) {
        columns[i % 5] += 0.5 * Math.pow(layer.flatWeight()[i], 2) * diagonal[i % 5];
      }
      assertClose("column costs", costs.columns(), columns, 1e-14);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void activationsWithObsAreTheOutputErrorThatCannotBeMadeUpFor(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(6), 3, 4);
    try (TensorScope scope = new TensorScope(device)) {
      Tensor a = RandomLayer.tensor(scope, layer.a());
      KroneckerFactors factors = KroneckerFactors.activations(device, a, 3, 1);
      scope.own(factors.g());
      StructureCosts costs = costs(scope, layer, factors, CostKind.OBS);
      double[][] identity = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
      DenseQuadratic quadratic =
          new DenseQuadratic(identity, RandomLayer.damped(layer.a(), DAMPING.a()));
      for (int c = 0; c < 4; c++) {
        double expected = minimum(layer, quadratic, new Selection(NOTHING, new int[] {c}));
        assertClose("column cost", costs.columns()[c], expected, 1e-10);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void costsDoNotDependOnHowTheProductIsSplit(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(7), 5, 4);
    try (TensorScope scope = new TensorScope(device)) {
      KroneckerFactors factors = layer.factors(scope, CurvatureKind.KFAC);
      device.scale(1e6, factors.a());
      KroneckerFactors balanced = factors.balanced(device);
      scope.own(balanced.a());
      scope.own(balanced.g());
      StructureCosts raw = costs(scope, layer, factors, CostKind.OBS);
      StructureCosts same = costs(scope, layer, balanced, CostKind.OBS);
      assertClose("row costs", same.rows(), raw.rows(), 1e-12);
      assertClose("column costs", same.columns(), raw.columns(), 1e-12);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void obdNeedsNoInverseAndObsSaysWhichFactorHasNone(Device device) {
    double[][] singular = {{1, 1}, {1, 1}};
    double[][] regular = {{2, 1}, {1, 2}};
    double[][] weight = {{1, 2}, {3, 5}};
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery noG =
            new RandomLayer(weight, singular, regular).surgery(scope, new Damping(0, 0));
        LayerSurgery noA =
            new RandomLayer(weight, regular, singular).surgery(scope, new Damping(0, 0))) {
      assertThat(noG.costs(CostKind.OBD).rows()).hasSize(2);
      assertThat(noA.costs(CostKind.OBD).rows()).hasSize(2);
      assertThatThrownBy(() -> noG.costs(CostKind.OBS))
          .isInstanceOf(NotPositiveDefiniteException.class)
          .hasMessageContaining("G of layer 1");
      assertThatThrownBy(() -> noA.costs(CostKind.OBS))
          .isInstanceOf(NotPositiveDefiniteException.class)
          .hasMessageContaining("A of layer 1");
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void costsThatOverflowAreNamed(Device device) {
    double[][] huge = {{1e200}};
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = new RandomLayer(huge, huge, huge).surgery(scope, DAMPING)) {
      assertThatThrownBy(() -> surgery.costs(CostKind.OBD))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContainingAll("layer 1", "cost of row 0");
    }
  }

  private static final int[] NOTHING = {};

  private static StructureCosts costs(Device device, RandomLayer layer, CostKind kind) {
    try (TensorScope scope = new TensorScope(device)) {
      return costs(scope, layer, layer.factors(scope, CurvatureKind.KFAC), kind);
    }
  }

  private static StructureCosts costs(
      TensorScope scope, RandomLayer layer, KroneckerFactors factors, CostKind kind) {
    Tensor weight = RandomLayer.tensor(scope, layer.weight());
    try (LayerSurgery surgery =
        new LayerSurgery(scope.device(), "layer 1", weight, factors, DAMPING)) {
      StructureCosts costs = surgery.costs(kind);
      assertThat(costs.layer()).isEqualTo("layer 1");
      return costs;
    }
  }

  private static double minimum(RandomLayer layer, DenseQuadratic quadratic, Selection selection) {
    boolean[] removed = layer.removed(selection);
    return quadratic.cost(quadratic.cheapestRemoval(layer.flatWeight(), removed));
  }

  private static double zeroing(RandomLayer layer, DenseQuadratic quadratic, Selection selection) {
    boolean[] removed = layer.removed(selection);
    double[] change = layer.flatWeight();
    for (int i = 0; i < change.length; i++) {
      change[i] = removed[i] ? -change[i] : 0;
    }
    return quadratic.cost(change);
  }

  private static double[] squaredRows(RandomLayer layer, double[] factors) {
    double[] sums = new double[layer.rows()];
    for (int r = 0; r < sums.length; r++) {
      for (int c = 0; c < factors.length; c++) {
        sums[r] += 0.5 * layer.weight()[r][c] * layer.weight()[r][c] * factors[c];
      }
    }
    return sums;
  }
}
