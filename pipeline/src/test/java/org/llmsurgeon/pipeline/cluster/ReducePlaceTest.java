package org.llmsurgeon.pipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;

class ReducePlaceTest {
  private static final long SMALL = 128L << 20;

  @Test
  void autoGoesToTasksWhereTheShardsAreLarge() {
    assertThat(ReducePlace.AUTO.onExecutors(SMALL)).isTrue();
    assertThat(ReducePlace.AUTO.onExecutors(SMALL - 1)).isFalse();
  }

  @Test
  void aPlaceThatWasAskedForIsTakenWhateverTheSize() {
    assertThat(ReducePlace.EXECUTORS.onExecutors(0)).isTrue();
    assertThat(ReducePlace.DRIVER.onExecutors(100 * SMALL)).isFalse();
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
