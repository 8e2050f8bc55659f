package org.llmsurgeon.pruning.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthLayout;

/** Orders by scores that somebody else has given. */
class ScoredPathTest {
  /** {@code up [4, 3]} and {@code down [3, 4]}, of which so many weights may go. */
  private static CoupledGroup mlp(long most) {
    List<Unit> units =
        IntStream.range(0, 4)
            .mapToObj(j -> new int[] {j})
            .map(
                j ->
                    Unit.of(
                        UnitKind.NEURON,
                        new Unit.Part(1, Line.COLUMN, j),
                        new Unit.Part(0, Line.ROW, j)))
            .toList();
    return new CoupledGroup(
        "mlp",
        List.of(new CoupledGroup.Layer("up", 4, 3), new CoupledGroup.Layer("down", 3, 4, most)),
        units);
  }

  @Test
  void theLowestGoFirstAndTheFirstAmongEquals() {
    Path path = ScoredPath.of(mlp(12), new double[] {2, 0.5, 3, 0.5}, 0);
    assertThat(path.units()).containsExactly(1, 3, 0, 2);
    assertThat(path.levels()).containsExactly(0.5, 0.5, 2, 3);
    assertThat(path.costs()).containsExactly(3, 3, 12, 18);
    assertThat(path.reachedEnd()).isTrue();
  }

  @Test
  void noLayerLosesMoreThanItMay() {
    Path path = ScoredPath.of(mlp(7), new double[] {2, 0.5, 3, 0.5}, 0);
    assertThat(path.units()).containsExactly(1, 3);
  }

  @Test
  void wrongScoresAreRefused() {
    assertThatThrownBy(() -> ScoredPath.of(mlp(12), new double[] {1, Double.NaN, 1, 1}, 0))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("mlp");
    assertThatThrownBy(() -> ScoredPath.of(mlp(12), new double[] {1, -1, 1, 1}, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Two key/value groups of two heads with one dimension each. */
  private static CoupledGroup attention() {
    List<Unit> units = new ArrayList<>();
    for (int head = 0; head < 4; head++) {
      int[] line = {head};
      units.add(
          Unit.of(
              UnitKind.HEAD,
              new Unit.Part(3, Line.COLUMN, line),
              new Unit.Part(0, Line.ROW, line)));
    }
    for (int group = 0; group < 2; group++) {
      int[] heads = {2 * group, 2 * group + 1};
      int[] shared = {group};
      units.add(
          Unit.of(
              UnitKind.GROUP,
              new Unit.Part(3, Line.COLUMN, heads),
              new Unit.Part(0, Line.ROW, heads),
              new Unit.Part(1, Line.ROW, shared),
              new Unit.Part(2, Line.ROW, shared)));
    }
    return new CoupledGroup(
        "attention",
        List.of(
            new CoupledGroup.Layer("q", 4, 3),
            new CoupledGroup.Layer("k", 2, 3),
            new CoupledGroup.Layer("v", 2, 3),
            new CoupledGroup.Layer("o", 3, 4)),
        units,
        new WidthLayout(UnitKind.HEAD, 3, 2, 2, 1, true));
  }

  @Test
  void oneHeadOfEachGroupGoesWhereAllMustKeepEquallyMany() {
    // The lowest heads of both groups are 1 and 2, their mean 2; the groups have means 5 and 4.
    Path path = ScoredPath.of(attention(), new double[] {9, 1, 3, 5, 5, 4}, 0);
    assertThat(path.units()).containsExactly(1, 2, 5, 4);
    assertThat(path.levels()).containsExactly(2, 2, 4, 5);
    // A head is six weights, the rest of a group then twelve.
    assertThat(path.costs()).containsExactly(12, 12, 48, 60);
  }

  @Test
  void headsGoBeforeGroupsOrStayAsAreToBeKept() {
    double[] scores = {9, 7, 8, 5, 5, 4};
    assertThat(ScoredPath.of(attention(), scores, 0).units()).containsExactly(5, 4);
    assertThat(ScoredPath.of(attention(), scores, 1).units()).containsExactly(1, 3, 5, 4);
    assertThat(ScoredPath.of(attention(), scores, 2).units()).containsExactly(5, 4);
  }
}
