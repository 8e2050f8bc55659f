package org.llmsurgeon.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.path.EliminationPath;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthLayout;

/**
 * Paths of a small attention: two key/value heads of three query heads of two dimensions each,
 * against exhaustive search over the dense quadratic.
 */
class AttentionPathTest {
  private static final Damping DAMPING = new Damping(0.05, 0.05);
  private static final PathOptions FINE = new PathOptions(1e-9, 1, Double.POSITIVE_INFINITY);
  private static final int SIZE = 2;
  private static final int PER_GROUP = 3;
  private static final int HEADS = 6;

  private final List<RandomLayer> plain = new ArrayList<>();

  private void layers(Random random) {
    plain.add(RandomLayer.of(random, HEADS * SIZE, 3));
    plain.add(RandomLayer.of(random, 2 * SIZE, 3));
    plain.add(RandomLayer.of(random, 2 * SIZE, 3));
    plain.add(RandomLayer.of(random, 3, HEADS * SIZE));
  }

  private static int[] lines(int from, int to) {
    return IntStream.range(from * SIZE, to * SIZE).toArray();
  }

  /** Value dimensions where asked for, heads, groups. */
  private CoupledGroup group(boolean values, boolean even) {
    List<Unit> units = new ArrayList<>();
    for (int shared = 0; shared < 2; shared++) {
      int first = shared * PER_GROUP;
      for (int each = 0; each < (values ? SIZE : 0); each++) {
        int dimension = each;
        int[] columns =
            IntStream.range(first, first + PER_GROUP).map(h -> h * SIZE + dimension).toArray();
        int[] row = {shared * SIZE + each};
        units.add(Unit.of(UnitKind.VALUE, column(columns), new Unit.Part(2, Line.ROW, row)));
      }
      for (int head = first; head < first + PER_GROUP; head++) {
        int[] of = lines(head, head + 1);
        units.add(Unit.of(UnitKind.HEAD, column(of), new Unit.Part(0, Line.ROW, of)));
      }
      int[] heads = lines(first, first + PER_GROUP);
      int[] own = lines(shared, shared + 1);
      units.add(
          Unit.of(
              UnitKind.GROUP,
              column(heads),
              new Unit.Part(0, Line.ROW, heads),
              new Unit.Part(1, Line.ROW, own),
              new Unit.Part(2, Line.ROW, own)));
    }
    List<CoupledGroup.Layer> layers =
        plain.stream()
            .map(each -> new CoupledGroup.Layer("layer", each.rows(), each.columns()))
            .toList();
    return new CoupledGroup(
        "attention", layers, units, new WidthLayout(UnitKind.HEAD, 3, 2, PER_GROUP, SIZE, even, 0));
  }

  private static Unit.Part column(int[] indices) {
    return new Unit.Part(3, Line.COLUMN, indices);
  }

  private Path follow(CoupledGroup group, PathOptions options) {
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device)) {
      List<LayerSurgery> layers = plain.stream().map(each -> each.surgery(scope, DAMPING)).toList();
      try {
        return EliminationPath.follow(device, group, layers, options);
      } finally {
        layers.forEach(LayerSurgery::close);
      }
    }
  }

  @RepeatedTest(6)
  void oneUnitARoundIsTheExhaustiveGreedyOrder(RepetitionInfo repetition) {
    layers(new Random(repetition.getCurrentRepetition()));
    CoupledGroup group = group(true, false);
    Path path = follow(group, FINE);
    PlainGreedy greedy = new PlainGreedy(group, plain, DAMPING);
    assertThat(path.reachedEnd()).isTrue();
    for (int i = 0; i < path.length(); i++) {
      PlainGreedy.Choice choice = greedy.of(path.units()[i]);
      double cheapest = greedy.cheapest().perWeight();
      assertThat(choice.perWeight()).as("unit %d", i).isLessThanOrEqualTo(cheapest * (1 + 1e-9));
      assertThat(path.costs()[i]).isCloseTo(choice.cost(), within(1e-8 * (1 + choice.cost())));
      greedy.take(choice);
    }
    assertThat(greedy.cheapest()).isNull();
  }

  @RepeatedTest(6)
  void whereHeadsMustBeEvenTheyGoInSetsOfTheCheapest(RepetitionInfo repetition) {
    layers(new Random(40 + repetition.getCurrentRepetition()));
    CoupledGroup group = group(false, true);
    Path path = follow(group, FINE);
    PlainGreedy greedy = new PlainGreedy(group, plain, DAMPING);
    int[] left = {PER_GROUP, PER_GROUP};
    int place = 0;
    while (place < path.length()) {
      List<Integer> cheapest = cheapestMove(group, greedy, left);
      List<Integer> taken = new ArrayList<>();
      for (int i = 0; i < cheapest.size(); i++) {
        taken.add(path.units()[place + i]);
      }
      assertThat(taken).containsExactlyInAnyOrderElementsOf(cheapest);
      for (int unit : taken) {
        boolean whole = group.units().get(unit).kind() == UnitKind.GROUP;
        int of = unit / (PER_GROUP + 1);
        left[of] = whole ? 0 : left[of] - 1;
        greedy.take(greedy.of(unit));
      }
      place += taken.size();
    }
    assertThat(left).containsOnly(0);
  }

  /** A group, or the cheapest head of each group that has more than one. */
  private static List<Integer> cheapestMove(CoupledGroup group, PlainGreedy greedy, int[] left) {
    List<List<Integer>> moves = new ArrayList<>();
    List<Integer> heads = new ArrayList<>();
    for (int shared = 0; shared < 2; shared++) {
      if (left[shared] > 0) {
        int first = shared * (PER_GROUP + 1);
        moves.add(List.of(first + PER_GROUP));
        IntStream.range(first, first + PER_GROUP)
            .boxed()
            .filter(unit -> greedy.of(unit).weights() > 0)
            .min((x, y) -> Double.compare(greedy.of(x).cost(), greedy.of(y).cost()))
            .ifPresent(heads::add);
      }
    }
    if (Arrays.stream(left).max().orElseThrow() > 1) {
      moves.add(heads);
    }
    return moves.stream()
        .min((x, y) -> Double.compare(perWeight(greedy, x), perWeight(greedy, y)))
        .orElseThrow();
  }

  private static double perWeight(PlainGreedy greedy, List<Integer> move) {
    double cost = move.stream().mapToDouble(unit -> greedy.of(unit).cost()).sum();
    return cost / move.stream().mapToLong(unit -> greedy.of(unit).weights()).sum();
  }

  @RepeatedTest(6)
  void headsAreBroughtToANumberBeforeTheFirstGroupGoes(RepetitionInfo repetition) {
    Random random = new Random(120 + repetition.getCurrentRepetition());
    layers(random);
    CoupledGroup group = group(false, true);
    for (int keep = 1; keep <= PER_GROUP; keep++) {
      PathOptions options = new PathOptions(random.nextDouble(), 1, Double.POSITIVE_INFINITY);
      Path path = follow(group, options.keeping(keep));
      PlainGreedy greedy = new PlainGreedy(group, plain, DAMPING);
      int heads = 2 * (PER_GROUP - keep);
      assertThat(path.length()).isEqualTo(heads + 2);
      for (int i = 0; i < path.length(); i++) {
        UnitKind kind = i < heads ? UnitKind.HEAD : UnitKind.GROUP;
        assertThat(group.units().get(path.units()[i]).kind()).isEqualTo(kind);
      }
      // All go in the end, by an exact joint update in each round.
      double all = 0;
      for (int unit : path.units()) {
        PlainGreedy.Choice choice = greedy.of(unit);
        all += choice.cost();
        greedy.take(choice);
      }
      assertThat(Arrays.stream(path.costs()).sum()).isGreaterThanOrEqualTo(all * (1 - 1e-9));
    }
  }

  @RepeatedTest(6)
  void whateverTheStepEveryCutLeavesEquallyManyHeads(RepetitionInfo repetition) {
    Random random = new Random(80 + repetition.getCurrentRepetition());
    layers(random);
    CoupledGroup group = group(false, true);
    Path path = follow(group, new PathOptions(random.nextDouble(), 1, Double.POSITIVE_INFINITY));
    double before = -1;
    for (double target = 0; target <= 1; target += 0.02) {
      PathMerge.Result result = PathMerge.select(List.of(new PathMerge.Group(group, path)), target);
      int[] gone = result.selections().get(0).get(3).columns();
      int[] heads = new int[2];
      IntStream.of(gone).forEach(column -> heads[column / (PER_GROUP * SIZE)]++);
      boolean even = heads[0] == heads[1];
      boolean whole = heads[0] == PER_GROUP * SIZE || heads[1] == PER_GROUP * SIZE;
      assertThat(even || whole).as("%s of %s", Arrays.toString(heads), path).isTrue();
      assertThat((double) result.gone().removed())
          .isLessThanOrEqualTo(target * result.gone().total())
          .isGreaterThanOrEqualTo(before);
      before = result.gone().removed();
    }
  }
}
