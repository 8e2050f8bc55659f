package org.llmsurgeon.pruning.element;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
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
import org.llmsurgeon.pruning.DenseQuadratic;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.PrunableLayer;

class ElementCostsTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);

  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aWeightCostsWhatItsCheapestRemovalCosts(Device device) {
    Random random = new Random(1);
    for (int trial = 0; trial < 20; trial++) {
      RandomLayer layer = RandomLayer.of(random, 1 + trial % 5, 1 + random.nextInt(5));
      DenseQuadratic quadratic = layer.quadratic(DAMPING);
      double[] weight = layer.flatWeight();
      double[] expected = new double[weight.length];
      for (int i = 0; i < weight.length; i++) {
        boolean[] removed = new boolean[weight.length];
        removed[i] = true;
        expected[i] = quadratic.cost(quadratic.cheapestRemoval(weight, removed));
      }
      assertClose("costs", costs(device, layer, CostKind.OBS), expected, 1e-10);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void withoutUpdateAWeightCostsTheQuadraticModelOfZeroingIt(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(2), 4, 3);
    DenseQuadratic quadratic = layer.quadratic(new Damping(0, 0));
    double[] weight = layer.flatWeight();
    double[] expected = new double[weight.length];
    for (int i = 0; i < weight.length; i++) {
      double[] change = new double[weight.length];
      change[i] = -weight[i];
      expected[i] = quadratic.cost(change);
    }
    assertClose("costs", costs(device, layer, CostKind.OBD), expected, 1e-13);
  }

  @ParameterizedTest
  @MethodSource("devices")
  void withoutCurvatureTheCostIsHalfTheSquare(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(3), 3, 4);
    double[] expected = Arrays.stream(layer.flatWeight()).map(w -> 0.5 * w * w).toArray();
    RandomLayer flat = new RandomLayer(layer.weight(), identity(3), identity(4));
    assertClose("costs", costs(device, flat, CostKind.OBD), expected, 1e-15);
  }

  @ParameterizedTest
  @MethodSource("devices")
  void deadWeightsCostNothingAndTheOthersCostAsIfTheyWereNotThere(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(4), 3, 3);
    double[][] g = {{layer.g()[0][0], 0, 0}, {0, 0, 0}, {0, 0, 0}};
    double[][] a = {{layer.a()[0][0], 0, 0}, {0, 0, 0}, {0, 0, 0}};
    double[] costs = costs(device, new RandomLayer(layer.weight(), g, a), CostKind.OBS);
    double[][] w = {{layer.weight()[0][0]}};
    RandomLayer alone = new RandomLayer(w, new double[][] {{g[0][0]}}, new double[][] {{a[0][0]}});
    double expected = costs(device, alone, CostKind.OBS)[0];
    assertClose("costs", costs, new double[] {expected, 0, 0, 0, 0, 0, 0, 0, 0}, 1e-14);
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aBiasThatIsKeptIsNoCandidate(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(5), 2, 4);
    try (TensorScope scope = new TensorScope(device)) {
      Tensor weight = RandomLayer.tensor(scope, layer.weight());
      ElementCurvature curvature =
          new ElementCurvature(new double[] {1, 1}, new double[] {1, 1, 1, 1});
      ElementCosts costs =
          ElementCosts.of(device, new PrunableLayer("fc1", weight, true), curvature, true);
      assertThat(costs.columns()).isEqualTo(3);
      assertThat(costs.weights()).isEqualTo(6);
      ElementMask mask = costs.select(CheapestElements.select(List.of(costs), 6).cuts().get(0));
      assertThat(mask.columns()).isEqualTo(4);
      assertThat(mask.removedColumns(0)).containsExactly(0, 1, 2);
      assertThat(mask.removedColumns(1)).containsExactly(0, 1, 2);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aMatrixOfCurvatureGivesTheSameAsItsProduct(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(6), 2, 3);
    try (TensorScope scope = new TensorScope(device)) {
      Tensor weight = RandomLayer.tensor(scope, layer.weight());
      ElementCurvature product = new ElementCurvature(new double[] {2, 3}, new double[] {5, 0, 7});
      Tensor matrix = scope.own(device.tensor(Precision.DOUBLE, 2, 3, 10, 0, 14, 15, 0, 21));
      ElementCosts of =
          ElementCosts.of(device, new PrunableLayer("fc1", weight, false), product, false);
      ElementCosts same =
          ElementCosts.of(device, new PrunableLayer("fc1", weight, false), matrix, false);
      assertThat(device.values(scope.own(of.matrix(Precision.DOUBLE))))
          .isEqualTo(device.values(scope.own(same.matrix(Precision.DOUBLE))));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aCostThatIsNotFiniteIsNamed(Device device) {
    try (Tensor weight = device.tensor(Precision.DOUBLE, 1, 2, 1, 1e200)) {
      ElementCurvature flat = new ElementCurvature(new double[] {1}, new double[] {1, 1});
      ElementCosts costs =
          ElementCosts.of(device, new PrunableLayer("fc1", weight, false), flat, false);
      assertThatThrownBy(() -> CheapestElements.select(List.of(costs), 1))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContainingAll("fc1", "[0, 1]");
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void curvatureThatDoesNotFitIsRefused(Device device) {
    try (Tensor weight = device.tensor(Precision.DOUBLE, 1, 2, 1, 2)) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  ElementCosts.of(
                      device,
                      new PrunableLayer("fc1", weight, false),
                      new ElementCurvature(new double[] {1}, new double[] {1}),
                      false))
          .withMessageContaining("fc1");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  ElementCosts.of(
                      device,
                      new PrunableLayer("fc1", weight, false),
                      weight.reshape(2, 1),
                      false));
    }
  }

  private static double[][] identity(int size) {
    double[][] identity = new double[size][size];
    for (int i = 0; i < size; i++) {
      identity[i][i] = 1;
    }
    return identity;
  }

  private static double[] costs(Device device, RandomLayer layer, CostKind kind) {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor weight = RandomLayer.tensor(scope, layer.weight());
      try (ElementSurgery surgery =
          new ElementSurgery(
              device, "fc1", weight, layer.factors(scope, CurvatureKind.KFAC), DAMPING)) {
        ElementCosts costs =
            ElementCosts.of(
                device, new PrunableLayer("fc1", weight, false), surgery.curvature(kind), false);
        return device.values(scope.own(costs.matrix(Precision.DOUBLE)));
      }
    }
  }
}
