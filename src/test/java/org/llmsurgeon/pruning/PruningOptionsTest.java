package org.llmsurgeon.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;

class PruningOptionsTest {
  @Test
  void namesAreThoseOfTheCommandLine() {
    assertThat(UpdateKind.parse("joint")).isEqualTo(UpdateKind.JOINT);
    assertThat(UpdateKind.parse("additive")).isEqualTo(UpdateKind.ADDITIVE);
    assertThat(UpdateKind.parse("none")).isEqualTo(UpdateKind.NONE);
    assertThat(UpdateKind.parse("independent")).isEqualTo(UpdateKind.INDEPENDENT);
    assertThat(CostKind.parse("obs")).isEqualTo(CostKind.OBS);
    assertThat(CostKind.parse("obd")).isEqualTo(CostKind.OBD);
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
    assertThatThrownBy(() -> CostKind.parse("obx"))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("cost 'obx'", "obs, obd");
    assertThatThrownBy(() -> Structures.parse("rows"))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("'rows'", "row, column, row,column");
  }

  @Test
  void somethingMustBeRemovable() {
    assertThatIllegalArgumentException().isThrownBy(() -> new RowsColumns(false, false));
  }

  @Test
  void theLinearScheduleStepsEvenlyToTheWhole() {
    SparsitySchedule schedule = new SparsitySchedule.Linear(0.5);
    assertThat(schedule.target(1, 4)).isEqualTo(0.125);
    assertThat(schedule.target(2, 4)).isEqualTo(0.25);
    for (int shots = 1; shots <= 100; shots++) {
      assertThat(schedule.target(shots, shots)).isEqualTo(0.5);
    }
  }

  @Test
  void aScheduleHasNoShotsOutsideItself() {
    SparsitySchedule schedule = new SparsitySchedule.Linear(0.5);
    assertThatIllegalArgumentException().isThrownBy(() -> schedule.target(0, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> schedule.target(5, 4));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void aSparsityIsAShare(double sparsity) {
    assertThatThrownBy(() -> new SparsitySchedule.Linear(sparsity))
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
