package org.llmsurgeon.pruning.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthLayout;
import org.llmsurgeon.pruning.structure.WidthRule;

/** Merges of made-up paths: neurons in multiples, and paths that end early. */
class PathMergeTest {
  private static final int INPUTS = 5;
  private static final int OUTPUTS = 4;

  /** {@code up [neurons, 5]} and {@code down [4, neurons]}: neurons, then residual rows of down. */
  private static CoupledGroup group(int neurons) {
    List<Unit> units = new ArrayList<>();
    for (int j = 0; j < neurons; j++) {
      int[] index = {j};
      units.add(
          Unit.of(
              UnitKind.NEURON,
              new Unit.Part(1, Line.COLUMN, index),
              new Unit.Part(0, Line.ROW, index)));
    }
    for (int r = 0; r < OUTPUTS; r++) {
      units.add(Unit.of(UnitKind.RESIDUAL, new Unit.Part(1, Line.ROW, new int[] {r})));
    }
    return new CoupledGroup(
        "mlp",
        List.of(
            new CoupledGroup.Layer("up", neurons, INPUTS),
            new CoupledGroup.Layer("down", OUTPUTS, neurons)),
        units,
        new WidthLayout(UnitKind.NEURON, 1, 1, neurons, 1, false, 0));
  }

  private static Path path(Random random, CoupledGroup group) {
    List<Integer> order =
        new ArrayList<>(IntStream.range(0, group.units().size()).boxed().toList());
    Collections.shuffle(order, random);
    double[] costs = random.doubles(order.size()).toArray();
    double[] levels = random.doubles(order.size()).sorted().toArray();
    int[] units = order.stream().mapToInt(Integer::intValue).toArray();
    return new Path(units, new byte[units.length], levels, costs, true);
  }

  private static Path shortened(Path path, int length) {
    return new Path(
        Arrays.copyOf(path.units(), length),
        Arrays.copyOf(path.ways(), length),
        Arrays.copyOf(path.levels(), length),
        Arrays.copyOf(path.costs(), length),
        length == path.length());
  }

  private static List<PathMerge.Group> groups(Random random) {
    return IntStream.of(12, 10, 17)
        .mapToObj(PathMergeTest::group)
        .map(group -> new PathMerge.Group(group, path(random, group)))
        .toList();
  }

  private static PathMerge.Result select(
      List<PathMerge.Group> groups, double target, int multiple) {
    return PathMerge.select(
        groups, new PathMerge.Target(target, target), new WidthRule(multiple, 1, 1, 1, false));
  }

  @RepeatedTest(30)
  void neuronsLeftAreAMultipleOrAllThatWere(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    int multiple = 2 + repetition.getCurrentRepetition() % 4;
    double target = random.nextDouble();
    List<PathMerge.Group> groups = groups(random);
    PathMerge.Result result = select(groups, target, multiple);

    long removed = 0;
    for (int i = 0; i < groups.size(); i++) {
      List<CoupledGroup.Layer> layers = groups.get(i).group().layers();
      int gone = result.selections().get(i).get(1).columns().length;
      assertThat(gone == 0 || (layers.get(1).inputs() - gone) % multiple == 0).isTrue();
      for (int layer = 0; layer < 2; layer++) {
        removed +=
            result
                .selections()
                .get(i)
                .get(layer)
                .weights(layers.get(layer).outputs(), layers.get(layer).inputs());
      }
    }
    assertThat(result.gone().removed())
        .isEqualTo(removed)
        .isLessThanOrEqualTo((long) (target * result.gone().total()));
    assertThat(result.kinds().values().stream().mapToDouble(PathMerge.KindShare::predicted).sum())
        .isCloseTo(result.gone().predicted(), within(1e-9));
  }

  @Test
  void withSomeNeuronsGoneAlreadyTheOnesLeftCount() {
    int[] gone = {0, 1, 2};
    List<Selection> dead = List.of(Selection.NONE, new Selection(new int[0], gone));
    CoupledGroup group = group(11);
    int[] units = IntStream.range(3, 11).toArray();
    double[] levels = IntStream.range(0, 8).asDoubleStream().toArray();
    Path path = new Path(units, new byte[8], levels, levels, true);
    PathMerge.Result result =
        select(List.of(new PathMerge.Group(group, path, List.of(), dead, dead)), 0.6, 4);
    assertThat(result.selections().get(0).get(1).columns()).hasSize(7);
  }

  @Test
  void roomIsSavedForTheCheapestUnitUnlessItNeverFitsOrTheModelIsKept() {
    // A residual row of the first group, 12 weights, is the cheapest; neurons of the second have 9.
    PathMerge.Group row = ordered(12, 12, 1);
    PathMerge.Group neurons = ordered(10, 0, 2);
    assertThat(removed(row, neurons, 11, 30, false)).isZero();
    assertThat(removed(row, neurons, 11, 30, true)).isEqualTo(9);
    assertThat(removed(row, neurons, 11, 11, false)).isEqualTo(9);
    assertThat(removed(row, neurons, 22, 30, false)).isEqualTo(12 + 9);
  }

  /** A group whose path has one unit. */
  private static PathMerge.Group ordered(int neurons, int unit, double level) {
    double[] one = {level};
    return new PathMerge.Group(
        group(neurons), new Path(new int[] {unit}, new byte[1], one, one, true));
  }

  private static long removed(
      PathMerge.Group first, PathMerge.Group second, int now, int end, boolean kept) {
    double total = 9 * (12 + 10);
    return PathMerge.select(
            List.of(first, second),
            new PathMerge.Target(now / total, end / total, kept),
            WidthRule.NONE)
        .gone()
        .removed();
  }

  /** Some of each layer's lines are dead, some of those have no weights any more. */
  private static PathMerge.Group withDead(Random random, PathMerge.Group group) {
    List<Selection> dead = new ArrayList<>();
    List<Selection> gone = new ArrayList<>();
    for (CoupledGroup.Layer layer : group.group().layers()) {
      Selection all =
          new Selection(some(random, range(layer.outputs())), some(random, range(layer.inputs())));
      dead.add(all);
      gone.add(new Selection(some(random, all.rows()), some(random, all.columns())));
    }
    return new PathMerge.Group(group.group(), group.path(), List.of(), dead, gone);
  }

  private static int[] range(int size) {
    return IntStream.range(0, size).toArray();
  }

  private static int[] some(Random random, int[] of) {
    return Arrays.stream(of).filter(each -> random.nextInt(3) == 0).toArray();
  }

  private static boolean contains(int[] all, int[] some) {
    return Arrays.stream(some).allMatch(each -> Arrays.binarySearch(all, each) >= 0);
  }

  @RepeatedTest(60)
  void aTargetIsNeverPassedButByWhatIsZeroAlready(RepetitionInfo repetition) {
    Random random = new Random(200 + repetition.getCurrentRepetition());
    int multiple = 1 + repetition.getCurrentRepetition() % 3;
    List<PathMerge.Group> groups =
        groups(random).stream().map(each -> withDead(random, each)).toList();
    double target = 0.5 * random.nextDouble();
    PathMerge.Result result = select(groups, target, multiple);
    long zeros = select(groups, 0, multiple).gone().removed();
    assertThat((double) result.gone().removed())
        .isLessThanOrEqualTo(Math.max(zeros, target * result.gone().total()));
    for (int i = 0; i < groups.size(); i++) {
      for (int layer = 0; layer < 2; layer++) {
        Selection goes = result.selections().get(i).get(layer);
        Selection gone = groups.get(i).gone().get(layer);
        assertThat(contains(goes.rows(), gone.rows())).isTrue();
        assertThat(contains(goes.columns(), gone.columns())).isTrue();
      }
    }
  }

  @RepeatedTest(10)
  void deadUnitsGoBeforeThePathWhereThereIsRoom(RepetitionInfo repetition) {
    Random random = new Random(300 + repetition.getCurrentRepetition());
    CoupledGroup group = group(12);
    int[] neurons = some(random, range(12));
    int[] units = IntStream.range(0, 12).filter(j -> !contains(neurons, new int[] {j})).toArray();
    double[] costs = random.doubles(units.length).sorted().toArray();
    List<Selection> dead =
        List.of(new Selection(neurons, new int[] {2}), new Selection(new int[0], neurons));
    List<Selection> nothing = List.of(Selection.NONE, Selection.NONE);
    PathMerge.Group one =
        new PathMerge.Group(
            group,
            new Path(units, new byte[units.length], costs, costs, true),
            List.of(),
            dead,
            nothing);
    // The dead neurons, but for rounding of the share; a dead column of up that is of no unit
    // stays.
    long weights = 9L * neurons.length;
    PathMerge.Result all = PathMerge.select(List.of(one), (weights + 0.5) / group.weights());
    assertThat(all.gone().removed()).isEqualTo(weights);
    assertThat(all.prefixes()).containsExactly(0);
    assertThat(all.gone().threshold()).isZero();
    assertThat(all.selections().get(0).get(0).rows()).isEqualTo(neurons);
    assertThat(all.selections().get(0).get(0).columns()).isEmpty();
    PathMerge.Result some = PathMerge.select(List.of(one), 8.5 / group.weights());
    assertThat(some.gone().removed()).isZero();
  }

  @Test
  void inMultiplesNeuronsCompeteWithTheirMeanCost() {
    CoupledGroup group = group(4);
    double[] costs = {0, 0, 0, 90};
    double[] levels = {0, 0, 0, 10};
    int[] units = {0, 1, 2, 3};
    PathMerge.Group one =
        new PathMerge.Group(group, new Path(units, new byte[4], levels, costs, true));
    double[] flat = {1, 1, 1, 1};
    PathMerge.Group other =
        new PathMerge.Group(
            group, new Path(units, new byte[4], flat, new double[] {9, 9, 9, 9}, true));
    // Four neurons of nine weights: 90 / 36 in one, 36 / 36 in the other.
    PathMerge.Result result = select(List.of(one, other), 0.5, 4);
    assertThat(result.prefixes()).containsExactly(0, 4);
  }

  @RepeatedTest(30)
  void shortPathsFollowedAgainChooseWhatWholePathsChoose(RepetitionInfo repetition) {
    Random random = new Random(100 + repetition.getCurrentRepetition());
    int multiple = 1 + repetition.getCurrentRepetition() % 3;
    double target = random.nextDouble();
    List<PathMerge.Group> whole = groups(random);
    List<PathMerge.Group> some = new ArrayList<>();
    for (PathMerge.Group each : whole) {
      int length = 1 + random.nextInt(each.path().length());
      some.add(new PathMerge.Group(each.group(), shortened(each.path(), length)));
    }
    for (int group : select(some, target, multiple).tooShort()) {
      some.set(group, whole.get(group));
    }
    PathMerge.Result expected = select(whole, target, multiple);
    PathMerge.Result again = select(some, target, multiple);
    assertThat(again.prefixes()).isEqualTo(expected.prefixes());
    assertThat(again.tooShort()).isEmpty();
  }
}
