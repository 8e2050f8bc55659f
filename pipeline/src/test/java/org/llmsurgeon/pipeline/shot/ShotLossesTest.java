package org.llmsurgeon.pipeline.shot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.model.config.Classification;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.Regression;
import org.llmsurgeon.model.config.TextRow;

@DisplayName("A cost counts in the loss")
class ShotLossesTest {
  private static final TextRow ROW = new TextRow(11, 0);

  @Test
  void asOftenAsThereAreTokensAndPredictions() {
    int[][] text = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    assertThat(ShotLosses.often(Objective.NEXT_TOKEN, text)).isEqualTo(4 * 3);
  }

  /** The tokens that a text has, not the room in a row; and one label for all of them. */
  @Test
  void ofALabelledTextOnceForEachOfItsTokens() {
    int[][] rows = {{2, 5, 3, -1, -1, -1, 1}, {2, 5, 6, 8, 3, -1, 0}};
    assertThat(ShotLosses.often(new Classification(2, false, ROW), rows)).isEqualTo(4);
    int[] number = {2, 5, 3, -1, 0, 1};
    assertThat(ShotLosses.often(new Regression(ROW), new int[][] {number})).isEqualTo(3);
  }

  @Test
  void ofWordsAsOftenAsTheyHaveLabels() {
    int[][] rows = {{2, 5, 6, 3, -1, -1, 1, -1, -1, -1}, {2, 5, 6, 8, 3, -1, 1, 0, 1, -1}};
    assertThat(ShotLosses.often(new Classification(2, true, ROW), rows)).isEqualTo(4.5 * 2);
  }
}
