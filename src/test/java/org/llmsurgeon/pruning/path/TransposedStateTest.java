package org.llmsurgeon.pruning.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.UnitDamping;
import org.llmsurgeon.pruning.structure.LayerNeeds;
import org.llmsurgeon.pruning.structure.Line;

/** A state that keeps its matrices transposed against one that does not. */
class TransposedStateTest {
  private static final Damping DAMPING = new Damping(0.05, 0.03);
  private static final double TOLERANCE = 1e-9;

  /** A layer of which only columns are costed lies transposed, and gives the same. */
  @ParameterizedTest
  @EnumSource(CostKind.class)
  void columnsAloneCostAsMuchAsBesideRows(CostKind kind) {
    Random random = new Random(17);
    RandomLayer layer = RandomLayer.of(random, 9, 40);
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, new UnitDamping(DAMPING, 0.4));
        LayerState both = state(device, surgery, new LayerNeeds(true, true, true), kind);
        LayerState alone = state(device, surgery, new LayerNeeds(false, true, true), kind)) {
      assertThat(alone.asRows(Line.COLUMN)).isTrue();
      assertThat(both.asRows(Line.COLUMN)).isFalse();
      BitSet rows = new BitSet();
      BitSet columns = new BitSet();
      for (int round = 0; round < 3; round++) {
        assertSameCosts(device, both, alone, columns);
        int[] free = LayerStateTest.some(random, 9, rows);
        both.removeFree(free);
        alone.removeFree(free);
        int[] going = LayerStateTest.some(random, 40, columns);
        double cost = both.removeColumns(going);
        assertThat(alone.removeColumns(going)).isCloseTo(cost, within(TOLERANCE * (1 + cost)));
        assertSameWeights(device, both, alone);
      }
      int[] rest = IntStream.range(0, 40).filter(i -> !columns.get(i)).toArray();
      double cost = both.removeColumns(rest);
      assertThat(alone.removeColumns(rest)).isCloseTo(cost, within(TOLERANCE * (1 + cost)));
      assertThat(alone.weights()).isZero();
    }
  }

  private static LayerState state(
      Device device, LayerSurgery surgery, LayerNeeds needs, CostKind kind) {
    return new LayerState(device, "layer 1", surgery.live(), needs, kind);
  }

  private static void assertSameCosts(
      Device device, LayerState both, LayerState alone, BitSet gone) {
    Tolerances.assertClose("costs", alone.costs(Line.COLUMN), both.costs(Line.COLUMN), TOLERANCE);
    int[] left = IntStream.range(0, 40).filter(i -> !gone.get(i)).toArray();
    // Small sets and one that goes to the device.
    List<int[]> sets =
        List.of(
            Arrays.copyOf(left, 2),
            Arrays.copyOfRange(left, 2, 5),
            Arrays.copyOfRange(left, 1, Math.min(left.length, 20)));
    Tolerances.assertClose(
        "sets",
        new BlockCosts(device, alone, Line.COLUMN).of(sets),
        new BlockCosts(device, both, Line.COLUMN).of(sets),
        TOLERANCE);
  }

  private static void assertSameWeights(Device device, LayerState both, LayerState alone) {
    double[] lying = device.values(alone.weight());
    double[] standing = new double[lying.length];
    int rows = both.weight().rows();
    for (int i = 0; i < lying.length; i++) {
      standing[i % rows * both.weight().columns() + i / rows] = lying[i];
    }
    Tolerances.assertClose("weight", standing, device.values(both.weight()), TOLERANCE);
  }
}
