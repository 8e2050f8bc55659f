package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;

class ReducePlaceTest {
  private static final long GIBIBYTE = 1L << 30;

  @Test
  void autoGoesToExecutorsWhereThereAreAnyAndTheShardsAreLarge() {
    assertThat(ReducePlace.AUTO.onExecutors(false, GIBIBYTE)).isTrue();
    assertThat(ReducePlace.AUTO.onExecutors(false, GIBIBYTE - 1)).isFalse();
    assertThat(ReducePlace.AUTO.onExecutors(true, 100 * GIBIBYTE)).isFalse();
  }

  @Test
  void aPlaceThatWasAskedForIsTakenWhateverTheSize() {
    assertThat(ReducePlace.EXECUTORS.onExecutors(true, 0)).isTrue();
    assertThat(ReducePlace.DRIVER.onExecutors(false, 100 * GIBIBYTE)).isFalse();
  }

  @Test
  void placesAreKnownByTheirNames() {
    for (ReducePlace place : ReducePlace.values()) {
      assertThat(ReducePlace.parse(place.optionName())).isEqualTo(place);
    }
    assertThatThrownBy(() -> ReducePlace.parse("here"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'here'")
        .hasMessageContaining("driver, executors, auto");
  }
}
