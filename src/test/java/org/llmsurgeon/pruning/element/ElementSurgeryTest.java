package org.llmsurgeon.pruning.element;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.ArrayList;
import java.util.Arrays;
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
import org.llmsurgeon.pruning.DenseQuadratic;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.structure.ElementMask;

class ElementSurgeryTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);
  private static final ElementUpdate EXACT = new ElementUpdate.Full(1e-13, 0, 1000);

  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theFullUpdateAndOneGroupOfEverythingAreTheCheapestOfAll(Device device) {
    Random random = new Random(1);
    for (int trial = 0; trial < 100; trial++) {
      RandomLayer layer = RandomLayer.of(random, 1 + trial % 6, 1 + random.nextInt(6));
      boolean[] removed = randomlyRemoved(random, layer);
      DenseQuadratic quadratic = layer.quadratic(DAMPING);
      double[] cheapest = quadratic.cheapestRemoval(layer.flatWeight(), removed);
      for (ElementUpdate update : List.of(EXACT, new ElementUpdate.Grouped(1000, true))) {
        try (TensorScope scope = new TensorScope(device);
            ElementSurgery surgery = surgery(scope, layer)) {
          ElementCut cut = surgery.cut(mask(layer, removed), update);
          scope.own(cut.weight());
          double[] change = RandomLayer.minus(device.values(cut.weight()), layer.flatWeight());
          assertClose("change", change, cheapest, 1e-8);
          assertClose("cost", surgery.quadraticCost(cut.weight()), quadratic.cost(cheapest), 1e-8);
          assertThat(cut.converged()).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void groupsOneAfterTheOtherSeeEarlierUpdatesOrTheWeightAsItWas(Device device) {
    Random random = new Random(2);
    for (int trial = 0; trial < 20; trial++) {
      RandomLayer layer = RandomLayer.of(random, 5, 6);
      boolean[] removed = randomlyRemoved(random, layer);
      removed[trial] = false; // where everything goes there is nothing to update
      for (int most : new int[] {1, 4, 9}) {
        for (boolean add : new boolean[] {true, false}) {
          double[] expected = byGroups(layer, removed, most, add);
          try (TensorScope scope = new TensorScope(device);
              ElementSurgery surgery = surgery(scope, layer)) {
            ElementCut cut =
                surgery.cut(mask(layer, removed), new ElementUpdate.Grouped(most, add));
            scope.own(cut.weight());
            assertClose("weight", device.values(cut.weight()), expected, 1e-9);
            assertThat(cut.steps()).isEqualTo(groups(layer, removed, most).size());
          }
        }
      }
    }
  }

  /** Each group by the dense quadratic, as the definition says. */
  private static double[] byGroups(RandomLayer layer, boolean[] removed, int most, boolean add) {
    DenseQuadratic quadratic = layer.quadratic(DAMPING);
    double[] weight = layer.flatWeight();
    for (boolean[] group : groups(layer, removed, most)) {
      double[] change = quadratic.cheapestRemoval(add ? weight.clone() : layer.flatWeight(), group);
      Arrays.setAll(weight, i -> weight[i] + change[i]);
    }
    Arrays.setAll(weight, i -> removed[i] ? 0 : weight[i]);
    return weight;
  }

  /** Whole rows while they fit; a row that does not fit into one group is cut. */
  private static List<boolean[]> groups(RandomLayer layer, boolean[] removed, int most) {
    List<boolean[]> groups = new ArrayList<>();
    int size = most + 1;
    for (int row = 0; row < layer.rows(); row++) {
      int at = row * layer.columns();
      int[] own = IntStream.range(at, at + layer.columns()).filter(i -> removed[i]).toArray();
      for (int i = 0; i < own.length; i++) {
        if (i % most == 0 && size + Math.min(most, own.length - i) > most
            || i % most == 0 && i > 0) {
          groups.add(new boolean[removed.length]);
          size = 0;
        }
        groups.get(groups.size() - 1)[own[i]] = true;
        size++;
      }
    }
    return groups;
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theFullUpdateLeavesNoGradientOnWhatStays(Device device) {
    Random random = new Random(3);
    RandomLayer layer = RandomLayer.of(random, 40, 30);
    boolean[] removed = randomlyRemoved(random, layer);
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope, layer)) {
      ElementCut loose = surgery.cut(mask(layer, removed), new ElementUpdate.Full(1e-4, 0, 1000));
      ElementCut tight = surgery.cut(mask(layer, removed), EXACT);
      double start = gradient(scope, layer, removed, surgery.cut(mask(layer, removed), none()));
      assertThat(gradient(scope, layer, removed, tight)).isLessThan(1e-12 * start);
      assertClose(
          "residual", gradient(scope, layer, removed, loose) / start, loose.residual(), 1e-6);
      assertThat(loose.residual()).isLessThanOrEqualTo(1e-4);
      assertThat(loose.steps()).isLessThan(tight.steps());
    }
  }

  /** Norm of the gradient of the quadratic model at the weights that stay. */
  private static double gradient(
      TensorScope scope, RandomLayer layer, boolean[] removed, ElementCut cut) {
    Device device = scope.device();
    Tensor change = scope.own(cut.weight());
    device.add(-1, RandomLayer.tensor(scope, layer.weight()), change);
    Tensor g = RandomLayer.tensor(scope, RandomLayer.damped(layer.g(), DAMPING.g()));
    Tensor a = RandomLayer.tensor(scope, RandomLayer.damped(layer.a(), DAMPING.a()));
    Tensor half = scope.empty(Precision.DOUBLE, layer.rows(), layer.columns());
    device.multiply(1, g, change, 0, half);
    Tensor gradient = scope.empty(Precision.DOUBLE, layer.rows(), layer.columns());
    device.multiply(1, half, a, 0, gradient);
    double[] values = device.values(gradient);
    double squares = 0;
    for (int i = 0; i < values.length; i++) {
      squares += removed[i] ? 0 : values[i] * values[i];
    }
    return Math.sqrt(squares);
  }

  private static ElementUpdate none() {
    return new ElementUpdate.None();
  }

  @ParameterizedTest
  @MethodSource("devices")
  void anUpdateThatStopsEarlySaysSoAndIsStillBetterThanNone(Device device) {
    Random random = new Random(4);
    RandomLayer layer = RandomLayer.of(random, 30, 30);
    ElementMask mask = mask(layer, randomlyRemoved(random, layer));
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope, layer)) {
      double last = surgery.quadraticCost(scope.own(surgery.cut(mask, none()).weight()));
      for (int steps = 1; steps < 6; steps++) {
        ElementCut cut = surgery.cut(mask, new ElementUpdate.Full(1e-10, 0, steps));
        double cost = surgery.quadraticCost(scope.own(cut.weight()));
        assertThat(cut.converged()).isFalse();
        assertThat(cut.steps()).isEqualTo(steps);
        assertThat(cut.residual()).isGreaterThan(1e-10);
        assertThat(cost).isLessThan(last);
        last = cost;
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void removedWeightsAreExactlyZeroAndOthersAreNot(Device device) {
    Random random = new Random(5);
    RandomLayer layer = RandomLayer.of(random, 12, 70);
    boolean[] removed = randomlyRemoved(random, layer);
    for (ElementUpdate update :
        List.of(none(), ElementUpdate.Full.DEFAULT, new ElementUpdate.Grouped(50, true))) {
      try (TensorScope scope = new TensorScope(device);
          ElementSurgery surgery = surgery(scope, layer)) {
        ElementCut cut = surgery.cut(mask(layer, removed), update);
        double[] values = device.values(scope.own(cut.weight()));
        for (int i = 0; i < values.length; i++) {
          assertThat(Double.doubleToRawLongBits(values[i]) == 0).isEqualTo(removed[i]);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void deadStructureTakesNoPart(Device device) {
    RandomLayer alive = RandomLayer.of(new Random(6), 3, 4);
    RandomLayer layer = withDead(alive);
    boolean[] removed = {
      true, false, false, true, false, true, false, false, true, false, false, true
    };
    ElementMask small = mask(alive, removed);
    ElementMask large = new ElementMask(4, 5);
    large.remove(1, 4); // in the dead row
    large.remove(3, 2); // in the dead column
    for (int i = 0; i < 12; i++) {
      if (removed[i]) {
        large.remove(outer(i / 4, 1), outer(i % 4, 2));
      }
    }
    for (ElementUpdate update : List.of(EXACT, new ElementUpdate.Grouped(2, true), none())) {
      try (TensorScope scope = new TensorScope(device);
          ElementSurgery surgery = surgery(scope, layer);
          ElementSurgery reduced = surgery(scope, alive)) {
        double[] expected = layer.flatWeight();
        double[] part = device.values(scope.own(reduced.cut(small, update).weight()));
        for (int i = 0; i < 12; i++) {
          expected[outer(i / 4, 1) * 5 + outer(i % 4, 2)] = part[i];
        }
        expected[5 + 4] = 0;
        expected[15 + 2] = 0;
        double[] cut = device.values(scope.own(surgery.cut(large, update).weight()));
        assertClose("weight", cut, expected, 1e-12);
      }
    }
  }

  /** The layer with a row 1 and a column 2 without curvature put in. */
  private static RandomLayer withDead(RandomLayer alive) {
    RandomLayer layer = RandomLayer.of(new Random(7), 4, 5);
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        layer.g()[i][j] = i == 1 || j == 1 ? 0 : alive.g()[inner(i, 1)][inner(j, 1)];
      }
    }
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 5; j++) {
        layer.a()[i][j] = i == 2 || j == 2 ? 0 : alive.a()[inner(i, 2)][inner(j, 2)];
      }
    }
    for (int i = 0; i < 12; i++) {
      layer.weight()[outer(i / 4, 1)][outer(i % 4, 2)] = alive.weight()[i / 4][i % 4];
    }
    return layer;
  }

  private static int outer(int index, int dead) {
    return index < dead ? index : index + 1;
  }

  private static int inner(int index, int dead) {
    return index < dead ? index : index - 1;
  }

  @ParameterizedTest
  @MethodSource("devices")
  void nothingOrEverythingNeedsNoInverse(Device device) {
    double[][] singular = {{1, 1}, {1, 1}};
    double[][] weight = {{1, 2}, {3, 4}};
    Damping none = new Damping(0, 0);
    RandomLayer layer = new RandomLayer(weight, singular, singular);
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery =
            new ElementSurgery(
                device,
                "fc1",
                RandomLayer.tensor(scope, weight),
                layer.factors(scope, CurvatureKind.KFAC),
                none)) {
      boolean[] all = {true, true, true, true};
      for (ElementUpdate update : List.of(EXACT, new ElementUpdate.Grouped(9, true))) {
        ElementCut nothing = surgery.cut(new ElementMask(2, 2), update);
        assertThat(device.values(scope.own(nothing.weight()))).containsExactly(1, 2, 3, 4);
        ElementCut everything = surgery.cut(mask(layer, all), update);
        assertThat(device.values(scope.own(everything.weight()))).containsOnly(0);
        assertThat(everything.converged()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aMaskOfAnotherShapeIsRefused(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(8), 2, 3);
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope, layer)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> surgery.cut(new ElementMask(3, 2), EXACT));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void anUpdateThatOverflowsIsNamed(Device device) {
    RandomLayer layer = RandomLayer.of(new Random(9), 2, 3);
    for (double[] row : layer.weight()) {
      Arrays.setAll(row, i -> row[i] * 1e300);
    }
    boolean[] removed = {true, false, false, false, true, false};
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope, layer)) {
      assertThatThrownBy(() -> surgery.cut(mask(layer, removed), EXACT))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("layer 1");
    }
  }

  private static ElementSurgery surgery(TensorScope scope, RandomLayer layer) {
    return new ElementSurgery(
        scope.device(),
        "layer 1",
        RandomLayer.tensor(scope, layer.weight()),
        layer.factors(scope, CurvatureKind.KFAC),
        DAMPING);
  }

  private static boolean[] randomlyRemoved(Random random, RandomLayer layer) {
    boolean[] removed = new boolean[layer.rows() * layer.columns()];
    double share = random.nextDouble();
    for (int i = 0; i < removed.length; i++) {
      removed[i] = random.nextDouble() < share;
    }
    return removed;
  }

  private static ElementMask mask(RandomLayer layer, boolean[] removed) {
    ElementMask mask = new ElementMask(layer.rows(), layer.columns());
    for (int i = 0; i < removed.length; i++) {
      if (removed[i]) {
        mask.remove(i / layer.columns(), i % layer.columns());
      }
    }
    return mask;
  }
}
