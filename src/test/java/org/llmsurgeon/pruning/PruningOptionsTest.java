package org.llmsurgeon.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.RowsColumns;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.SparsitySchedule;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.structure.WeightCount;

class PruningOptionsTest {
  @Test
  void namesAreThoseOfTheCommandLine() {
    assertThat(UpdateKind.parse("joint")).isEqualTo(UpdateKind.JOINT);
    assertThat(UpdateKind.parse("additive")).isEqualTo(UpdateKind.ADDITIVE);
    assertThat(UpdateKind.parse("none")).isEqualTo(UpdateKind.NONE);
    assertThat(UpdateKind.parse("independent")).isEqualTo(UpdateKind.INDEPENDENT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"row", "column", "row,column"})
  void structuresAreFoundByTheirName(String name) {
    assertThat(Structures.parse(name).optionName()).isEqualTo(name);
  }

  @Test
  void theOrderOfRowsAndColumnsDoesNotMatter() {
    assertThat(Structures.parse("column,row")).isEqualTo(RowsColumns.BOTH);
    assertThat(Structures.parse("row")).isEqualTo(new RowsColumns(true, false));
  }

  @Test
  void anUnknownNameListsTheChoices() {
    assertThatThrownBy(() -> UpdateKind.parse("Joint"))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("update 'Joint'", "joint, additive, none, independent");
    assertThatThrownBy(() -> Structures.parse("rows"))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("'rows'", "row, column, row,column");
  }

  @Test
  void somethingMustBeRemovable() {
    assertThatIllegalArgumentException().isThrownBy(() -> new RowsColumns(false, false));
  }

  @Test
  void theLinearScheduleStepsEvenly() {
    SparsitySchedule schedule = new SparsitySchedule.Linear();
    assertThat(schedule.target(0.5, 1, 4)).isEqualTo(0.125);
    assertThat(schedule.target(0.5, 2, 4)).isEqualTo(0.25);
  }

  @ParameterizedTest
  @ValueSource(strings = {"linear", "cosine", "cubic"})
  void aScheduleGrowsToExactlyTheWhole(String name) {
    SparsitySchedule schedule = SparsitySchedule.parse(name);
    assertThat(schedule.optionName()).isEqualTo(name);
    for (int shots = 1; shots <= 100; shots++) {
      double before = 0;
      for (int shot = 1; shot <= shots; shot++) {
        double target = schedule.target(0.3, shot, shots);
        assertThat(target).isGreaterThan(before);
        before = target;
      }
      assertThat(before).isEqualTo(0.3);
    }
    // 0.35 * 3 / 3 is less than 0.35, and so are 182 others of these.
    for (int hundredths = 1; hundredths < 100; hundredths++) {
      for (int shots = 1; shots <= 40; shots++) {
        assertThat(schedule.target(hundredths / 100.0, shots, shots)).isEqualTo(hundredths / 100.0);
      }
    }
  }

  @Test
  void theCubicScheduleStepsLargeFirstAndTheCosineInTheMiddle() {
    SparsitySchedule cubic = new SparsitySchedule.Cubic();
    assertThat(cubic.target(0.8, 1, 2)).isCloseTo(0.8 * 7 / 8, within(1e-15));
    SparsitySchedule cosine = new SparsitySchedule.Cosine();
    assertThat(cosine.target(0.8, 1, 2)).isCloseTo(0.4, within(1e-15));
    assertThat(cosine.target(0.8, 1, 3)).isCloseTo(0.2, within(1e-15));
  }

  @Test
  void listedTargetsAreTakenAsTheyAreOrInProportion() {
    SparsitySchedule listed = new SparsitySchedule.Listed(List.of(0.1, 0.35, 0.7));
    assertThat(listed.target(0.7, 2, 3)).isEqualTo(0.35);
    assertThat(listed.target(0.7, 3, 3)).isEqualTo(0.7);
    assertThat(listed.target(0.35, 2, 3)).isCloseTo(0.175, within(1e-15));
    for (List<Double> wrong :
        List.of(List.<Double>of(), List.of(0.0), List.of(0.2, 0.2), List.of(0.5, 1.5))) {
      assertThatThrownBy(() -> new SparsitySchedule.Listed(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(0, 1]");
    }
  }

  /** {@code 0.35 * 3 / 3} is less than 0.35. */
  @ParameterizedTest
  @ValueSource(strings = {"linear", "cosine", "cubic"})
  void theLastTargetIsTheGoalAndTheOthersAscendToIt(String name) {
    SparsitySchedule schedule = SparsitySchedule.parse(name);
    for (int hundredth = 1; hundredth <= 100; hundredth++) {
      double goal = hundredth / 100.0;
      for (int shots = 1; shots <= 40; shots++) {
        double before = 0;
        for (int shot = 1; shot <= shots; shot++) {
          double target = schedule.target(goal, shot, shots);
          assertThat(target).isGreaterThan(before);
          before = target;
        }
        assertThat(before).isEqualTo(goal);
      }
    }
  }

  @Test
  void aShareOfWeightsIsThatOfItsDecimals() {
    for (int hundredth = 0; hundredth <= 100; hundredth++) {
      for (long weights : new long[] {100, 4_700, 113_300, 6_738_415_600L}) {
        long exact = weights / 100 * hundredth;
        assertThat(WeightCount.atMost(hundredth / 100.0, weights)).isEqualTo(exact);
        assertThat(WeightCount.atMost(hundredth / 100.0, weights + 1))
            .isEqualTo(hundredth == 100 ? exact + 1 : exact);
      }
    }
    assertThat(WeightCount.atMost(Math.nextUp(1.0), 7)).isEqualTo(7);
  }

  @Test
  void aScheduleHasNoShotsOutsideItself() {
    SparsitySchedule schedule = new SparsitySchedule.Linear();
    assertThatIllegalArgumentException().isThrownBy(() -> schedule.target(0.5, 0, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> schedule.target(0.5, 5, 4));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void aSparsityIsAShare(double sparsity) {
    assertThatThrownBy(() -> new SparsitySchedule.Linear().target(sparsity, 1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("sparsity");
  }

  @Test
  void aSelectionIsAscendingAndEqualByItsIndices() {
    Selection selection = new Selection(new int[] {1, 3}, new int[] {0});
    assertThat(selection).isEqualTo(new Selection(new int[] {1, 3}, new int[] {0}));
    assertThat(selection).hasSameHashCodeAs(new Selection(new int[] {1, 3}, new int[] {0}));
    assertThat(selection).isNotEqualTo(new Selection(new int[] {1, 3}, new int[] {1}));
    int[] none = {};
    for (int[] wrong : new int[][] {{2, 1}, {1, 1}, {-1}}) {
      assertThatIllegalArgumentException().isThrownBy(() -> new Selection(wrong, none));
      assertThatIllegalArgumentException().isThrownBy(() -> new Selection(none, wrong));
    }
  }
}
