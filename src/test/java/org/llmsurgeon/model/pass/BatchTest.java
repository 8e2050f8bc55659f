package org.llmsurgeon.model.pass;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.model.config.Objective;

@DisplayName("A batch")
class BatchTest {
  @Test
  void holdsNeighboursOfEqualLengthUpToTheLimit() {
    int[][] windows = {{1, 2}, {3, 4}, {5, 6}, {7, 8, 9}, {1, 1}};
    List<Batch> batches = Batch.split(windows, Objective.NEXT_TOKEN, 5);
    assertThat(batches).extracting(Batch::first).containsExactly(0, 2, 3, 4);
    assertThat(batches).extracting(Batch::sequences).containsExactly(2, 1, 1, 1);
    assertThat(batches).extracting(Batch::length).containsExactly(2, 2, 3, 2);
    assertThat(batches.get(0).ids()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void holdsOneWindowHoweverLong() {
    assertThat(Batch.split(new int[][] {new int[9], new int[9]}, Objective.NEXT_TOKEN, 4))
        .hasSize(2);
  }

  @Test
  void aimsAtTheNextTokenButNotAcrossWindows() {
    Batch batch = Batch.split(new int[][] {{1, 2, 3}, {4, 5, 6}}, Objective.NEXT_TOKEN, 6).get(0);
    assertThat(batch.targets()).containsExactly(2, 3, -1, 5, 6, -1);
    assertThat(batch.positions(2)).containsExactly(2, 3, 4, 2, 3, 4);
    assertThat(batch.meanWeights(3)).containsOnly(1.5);
    assertThat(batch.means(new double[] {1, 2, 0, 5, 6, 0})).containsExactly(1.5, 5.5);
    assertThat(batch.describe(4)).isEqualTo("token 1 of window 1");
  }
}
