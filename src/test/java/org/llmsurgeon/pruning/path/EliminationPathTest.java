package org.llmsurgeon.pruning.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.PlainGreedy;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.GroupLines;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthLayout;

/** Paths of a small MLP-like group against exhaustive search, and the merge of several. */
class EliminationPathTest {
  private static final Damping DAMPING = new Damping(0.05, 0.05);
  private static final PathOptions FINE = new PathOptions(1e-9, 1, Double.POSITIVE_INFINITY);

  /** {@code up [n, in]} and {@code down [out, n]}: neurons, and the residual columns and rows. */
  private static CoupledGroup group(int inputs, int neurons, int outputs) {
    List<Unit> units = new ArrayList<>();
    for (int j = 0; j < neurons; j++) {
      int[] index = {j};
      Unit.Part free = new Unit.Part(0, Line.ROW, index);
      units.add(Unit.of(UnitKind.NEURON, new Unit.Part(1, Line.COLUMN, index), free));
    }
    for (int c = 0; c < inputs; c++) {
      units.add(Unit.of(UnitKind.RESIDUAL, new Unit.Part(0, Line.COLUMN, new int[] {c})));
    }
    for (int r = 0; r < outputs; r++) {
      units.add(Unit.of(UnitKind.RESIDUAL, new Unit.Part(1, Line.ROW, new int[] {r})));
    }
    return new CoupledGroup(
        "mlp",
        List.of(
            new CoupledGroup.Layer("up", neurons, inputs),
            new CoupledGroup.Layer("down", outputs, neurons)),
        units);
  }

  /** Opens the two layers, and closes them with everything else. */
  private static final class Case implements AutoCloseable {
    final Device device = new ReferenceDevice();
    final TensorScope scope = new TensorScope(device);
    final List<RandomLayer> random;
    final List<LayerSurgery> layers;
    final CoupledGroup group;

    Case(long seed, int inputs, int neurons, int outputs) {
      Random numbers = new Random(seed);
      random =
          List.of(
              RandomLayer.of(numbers, neurons, inputs), RandomLayer.of(numbers, outputs, neurons));
      layers = random.stream().map(layer -> layer.surgery(scope, DAMPING)).toList();
      group = group(inputs, neurons, outputs);
    }

    Path follow(PathOptions options) {
      return EliminationPath.follow(device, group, layers, options);
    }

    @Override
    public void close() {
      layers.forEach(LayerSurgery::close);
      scope.close();
      device.close();
    }
  }

  @RepeatedTest(8)
  void oneUnitARoundIsTheExhaustiveGreedyOrder(RepetitionInfo repetition) {
    try (Case each = new Case(repetition.getCurrentRepetition(), 3, 4, 3)) {
      Path path = each.follow(FINE);
      assertThat(path.reachedEnd()).isTrue();
      PlainGreedy greedy = new PlainGreedy(each.group, each.random, DAMPING);
      double level = 0;
      for (int i = 0; i < path.length(); i++) {
        // Equal but for rounding where two units are all that is left of a layer: then either may
        // go.
        PlainGreedy.Choice choice = greedy.of(path.units()[i]);
        double cheapest = greedy.cheapest().perWeight();
        assertThat(choice.perWeight()).as("unit %d", i).isLessThanOrEqualTo(cheapest * (1 + 1e-9));
        assertThat(path.costs()[i]).isCloseTo(choice.cost(), within(1e-8 * (1 + choice.cost())));
        level = Math.max(level, choice.perWeight());
        assertThat(path.levels()[i]).isCloseTo(level, within(1e-8 * (1 + level)));
        greedy.take(choice);
      }
    }
  }

  /** All neurons as one unit, as a whole expert is. */
  private static CoupledGroup whole(Case each, int neurons, CoupledGroup.Peers peers) {
    int[] all = IntStream.range(0, neurons).toArray();
    Unit.Part free = new Unit.Part(0, Line.ROW, all);
    Unit unit = Unit.of(UnitKind.EXPERT, new Unit.Part(1, Line.COLUMN, all), free);
    return new CoupledGroup("expert", each.group.layers(), List.of(unit), WidthLayout.NONE, peers);
  }

  @RepeatedTest(4)
  void aWholeExpertCostsWhatAllItsColumnsCostJointly(RepetitionInfo repetition) {
    try (Case each = new Case(70 + repetition.getCurrentRepetition(), 5, 6, 4)) {
      CoupledGroup group = whole(each, 6, null);
      Path path = EliminationPath.follow(each.device, group, each.layers, FINE);
      double cost = new PlainGreedy(group, each.random, DAMPING).of(0).cost();
      assertThat(path.units()).containsExactly(0);
      assertThat(path.costs()[0]).isCloseTo(cost, within(1e-8 * (1 + cost)));
    }
  }

  @Test
  void asManyPeersStayAsMust() {
    CoupledGroup.Peers peers = new CoupledGroup.Peers(0, 2);
    List<PathMerge.Group> groups = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      try (Case each = new Case(80 + i, 5, 6, 4)) {
        CoupledGroup group = whole(each, 6, peers);
        Path path = EliminationPath.follow(each.device, group, each.layers, FINE);
        groups.add(new PathMerge.Group(group, path));
      }
    }
    PathMerge.Result result = PathMerge.select(groups, 1);
    assertThat(Arrays.stream(result.prefixes()).sum()).isEqualTo(2);
    double dearest =
        IntStream.range(0, 4)
            .filter(i -> result.prefixes()[i] == 1)
            .mapToDouble(i -> groups.get(i).path().costs()[0])
            .max()
            .orElseThrow();
    assertThat(groups.stream().filter(each -> each.path().costs()[0] < dearest).count())
        .isEqualTo(1);
  }

  @RepeatedTest(4)
  void noPartOfAPathTakesMoreOfALayerThanItMay(RepetitionInfo repetition) {
    try (Case each = new Case(20 + repetition.getCurrentRepetition(), 5, 7, 4)) {
      List<CoupledGroup.Layer> layers =
          List.of(new CoupledGroup.Layer("up", 7, 5, 15), new CoupledGroup.Layer("down", 4, 7, 20));
      CoupledGroup limited = new CoupledGroup("mlp", layers, each.group.units());
      for (double step : new double[] {1e-9, 0.3}) {
        PathOptions options = new PathOptions(step, 1, Double.POSITIVE_INFINITY);
        Path path = EliminationPath.follow(each.device, limited, each.layers, options);
        assertThat(path.reachedEnd()).isTrue();
        assertThat(path.length()).isBetween(1, each.group.units().size() - 1);
        assertWithinMost(limited, path);
      }
      int[] gone = {0};
      Path round =
          RoundCosts.after(each.device, limited, each.layers, CostKind.OBS, gone, new byte[1])
              .path();
      assertThat(round.length()).isPositive();
      assertWithinMost(limited, round);
    }
  }

  private static void assertWithinMost(CoupledGroup group, Path path) {
    GroupLines lines = GroupLines.none(group.layers());
    for (int i = 0; i < path.length(); i++) {
      lines.remove(group.units().get(path.units()[i]).ways().get(path.ways()[i]));
    }
    for (int layer = 0; layer < group.layers().size(); layer++) {
      assertThat(lines.removed(layer)).isLessThanOrEqualTo(group.layers().get(layer).most());
    }
  }

  @RepeatedTest(8)
  void theJointCutIsTheRoundsOwnResultAndItsCostTheirSum(RepetitionInfo repetition) {
    try (Case each = new Case(50 + repetition.getCurrentRepetition(), 5, 7, 4)) {
      Path path = each.follow(new PathOptions(0.1, 1, Double.POSITIVE_INFINITY));
      PathMerge.Result result =
          PathMerge.select(List.of(new PathMerge.Group(each.group, path)), 0.6);
      double joint = 0;
      for (int layer = 0; layer < 2; layer++) {
        Selection selection = result.selections().get(0).get(layer);
        try (Tensor cut = each.layers.get(layer).cut(selection, UpdateKind.JOINT)) {
          joint += each.layers.get(layer).quadraticCost(cut, selection);
          assertSameAsRounds(each, layer, result.prefixes()[0], path, cut);
        }
      }
      // A round's costs are scaled up, never down, so their sum may be more than the joint cost.
      assertThat(result.gone().predicted()).isGreaterThanOrEqualTo(joint * (1 - 1e-9));
    }
  }

  /** Takes the same units one after the other out of fresh states. */
  private static void assertSameAsRounds(Case each, int layer, int prefix, Path path, Tensor cut) {
    List<LayerState> states = GroupStates.of(each.device, each.group, each.layers, CostKind.OBS);
    GroupCosts costs = new GroupCosts(each.device, each.group, each.layers, states);
    for (int i = 0; i < prefix; i++) {
      Removal removal = new Removal(2);
      costs.addTo(removal, path.units()[i], path.ways()[i]);
      removal.apply(states);
    }
    LayerState state = states.get(layer);
    double[] rounds = each.device.values(state.weight());
    if (!state.asRows(Line.ROW)) {
      rounds = transposed(rounds, state.weight().rows(), state.weight().columns());
    }
    Tolerances.assertClose("layer " + layer, each.device.values(cut), rounds, 1e-8);
    states.forEach(LayerState::close);
  }

  private static double[] transposed(double[] matrix, int rows, int columns) {
    double[] transposed = new double[matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      transposed[i % columns * rows + i / columns] = matrix[i];
    }
    return transposed;
  }

  @Test
  void levelsNeverFallAndStopsAreSaid() {
    try (Case each = new Case(9, 8, 12, 6)) {
      Path all = each.follow(new PathOptions(0.05, 1, Double.POSITIVE_INFINITY));
      for (int i = 1; i < all.length(); i++) {
        assertThat(all.levels()[i]).isGreaterThanOrEqualTo(all.levels()[i - 1]);
      }
      Path part = each.follow(new PathOptions(0.05, 0.3, Double.POSITIVE_INFINITY));
      assertThat(part.reachedEnd()).isFalse();
      assertThat(part.units()).isEqualTo(Arrays.copyOf(all.units(), part.length()));
      Path cheap = each.follow(new PathOptions(0.05, 1, all.levels()[3]));
      assertThat(cheap.reachedEnd()).isFalse();
      assertThat(cheap.length()).isBetween(4, all.length() - 1);
    }
  }

  @RepeatedTest(10)
  void theMergeCountsExactlyAndTakesTheCheapestFirst(RepetitionInfo repetition) {
    long seed = 200 + repetition.getCurrentRepetition();
    try (Case one = new Case(seed, 6, 9, 5);
        Case two = new Case(seed + 1000, 6, 9, 5)) {
      PathOptions options = new PathOptions(0.05, 1, Double.POSITIVE_INFINITY);
      List<PathMerge.Group> groups =
          List.of(
              new PathMerge.Group(one.group, one.follow(options)),
              new PathMerge.Group(two.group, two.follow(options)));
      double target = 0.1 * repetition.getCurrentRepetition();
      PathMerge.Result result = PathMerge.select(groups, target);
      long removed = 0;
      for (int i = 0; i < 2; i++) {
        for (int layer = 0; layer < 2; layer++) {
          CoupledGroup.Layer shape = groups.get(i).group().layers().get(layer);
          Selection selection = result.selections().get(i).get(layer);
          removed += selection.weights(shape.outputs(), shape.inputs());
        }
      }
      assertThat(result.gone().removed())
          .isEqualTo(removed)
          .isLessThanOrEqualTo((long) (target * result.gone().total() + 1e-6));
      assertThat(result.tooShort()).isEmpty();
      assertNothingCheaperFits(groups, result, target);
    }
  }

  /** The next unit of every path is too large for the room that is left. */
  private static void assertNothingCheaperFits(
      List<PathMerge.Group> groups, PathMerge.Result result, double target) {
    for (int i = 0; i < groups.size(); i++) {
      Path path = groups.get(i).path();
      int next = result.prefixes()[i];
      if (next < path.length()) {
        CoupledGroup group = groups.get(i).group();
        GroupLines lines = new GroupLines(group.layers(), result.selections().get(i));
        long before = lines.left();
        lines.remove(group.units().get(path.units()[next]).ways().get(0));
        assertThat(result.gone().removed() + before - lines.left() + 0.0)
            .isGreaterThan(target * result.gone().total());
      }
    }
  }

  @Test
  void aPathThatEndsBeforeTheThresholdIsReported() {
    try (Case one = new Case(5, 6, 9, 5)) {
      Path part = one.follow(new PathOptions(0.05, 0.2, Double.POSITIVE_INFINITY));
      PathMerge.Result result =
          PathMerge.select(List.of(new PathMerge.Group(one.group, part)), 0.9);
      assertThat(result.tooShort()).containsExactly(0);
    }
  }
}
