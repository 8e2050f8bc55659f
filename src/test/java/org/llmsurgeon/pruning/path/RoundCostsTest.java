package org.llmsurgeon.pruning.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.PlainGreedy;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;

/** Costs of a global round against the dense quadratic's constrained minima. */
class RoundCostsTest {
  private static final Damping DAMPING = new Damping(0.05, 0.05);

  /** {@code up [4, 3]} and {@code down [3, 4]}. */
  private static CoupledGroup group() {
    List<Unit> units = new ArrayList<>();
    for (int j = 0; j < 4; j++) {
      int[] index = {j};
      units.add(
          Unit.of(
              UnitKind.NEURON,
              new Unit.Part(1, Line.COLUMN, index),
              new Unit.Part(0, Line.ROW, index)));
    }
    for (int i = 0; i < 3; i++) {
      int[] index = {i};
      units.add(Unit.of(UnitKind.RESIDUAL, new Unit.Part(0, Line.COLUMN, index)));
      units.add(Unit.of(UnitKind.RESIDUAL, new Unit.Part(1, Line.ROW, index)));
    }
    return new CoupledGroup(
        "mlp",
        List.of(new CoupledGroup.Layer("up", 4, 3), new CoupledGroup.Layer("down", 3, 4)),
        units);
  }

  @RepeatedTest(6)
  void afterAnyUnitsAreGoneTheOthersCostTheRiseOfTheMinimum(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    List<RandomLayer> plain = List.of(RandomLayer.of(random, 4, 3), RandomLayer.of(random, 3, 4));
    CoupledGroup group = group();
    int[] gone = random.ints(0, group.units().size()).distinct().limit(3).toArray();
    PlainGreedy greedy = new PlainGreedy(group, plain, DAMPING);
    double joint = 0;
    for (int unit : gone) {
      PlainGreedy.Choice choice = greedy.of(unit);
      joint += choice.cost();
      greedy.take(choice);
    }
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device)) {
      List<LayerSurgery> layers =
          plain.stream().map(layer -> layer.surgery(scope, DAMPING)).toList();
      RoundCosts.Scored scored =
          RoundCosts.after(device, group, layers, CostKind.OBS, gone, new byte[gone.length]);
      // Free rows that go before a compensated one of their matrix change what that one costs.
      assertThat(scored.joint()).isLessThanOrEqualTo(joint + 1e-8 * (1 + joint));
      Path path = scored.path();
      assertThat(path.reachedEnd()).isTrue();
      assertThat(path.units()).doesNotContain(gone);
      for (int i = 0; i < path.length(); i++) {
        PlainGreedy.Choice choice = greedy.of(path.units()[i]);
        assertThat(path.costs()[i]).isCloseTo(choice.cost(), within(1e-8 * (1 + choice.cost())));
        double level = choice.perWeight();
        assertThat(path.levels()[i]).isCloseTo(level, within(1e-8 * (1 + level)));
        assertThat(i == 0 || path.levels()[i - 1] <= path.levels()[i]).isTrue();
      }
      layers.forEach(LayerSurgery::close);
    }
  }
}
