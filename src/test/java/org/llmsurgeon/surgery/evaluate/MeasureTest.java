package org.llmsurgeon.surgery.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.model.config.Classification;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.Regression;
import org.llmsurgeon.model.config.TextEmbedding;
import org.llmsurgeon.model.config.TextRow;

@DisplayName("A measure")
class MeasureTest {
  @Test
  void ofTokensIsTheirPerplexity() {
    Measure measure =
        Measure.of(Objective.NEXT_TOKEN, List.of(new double[] {1}, new double[] {3}), List.of());
    assertThat(measure.perplexity()).isCloseTo(Math.exp(2), within(1e-12));
    assertThat(measure.scores()).isEmpty();
  }

  /** Label 0: 2 right, 1 said wrongly; label 1: 1 right, 1 not said; label 2: nothing. */
  @Test
  void ofLabelsIsTheirAccuracyAndF1() {
    List<double[]> windows =
        List.of(
            new double[] {0.5, 2, 0, 0, 0, 0, 0, 0, 0, 0},
            new double[] {1.5, 0, 1, 0, 1, 0, 1, 0, 0, 0});
    Measure measure =
        Measure.of(new Classification(3, true, new TextRow(10, 0)), windows, List.of());
    assertThat(measure.perplexity()).isCloseTo(Math.E, within(1e-12));
    assertThat(measure.scores().get("accuracy")).isCloseTo(3.0 / 4, within(1e-12));
    assertThat(measure.scores().get("f1")).isCloseTo((4.0 / 5 + 2.0 / 3) / 2, within(1e-12));
  }

  /** Said 1 3 2, right 1 2 4: the ranks are 1 3 2 and 1 2 3, whose correlation is 1 / 2. */
  @Test
  void ofNumbersIsTheirErrorAndHowTheyGoTogether() {
    List<double[]> windows =
        List.of(new double[] {0, 1, 1}, new double[] {0.5, 3, 2}, new double[] {2, 2, 4});
    Measure measure = Measure.of(new Regression(new TextRow(10, 0)), windows, List.of());
    assertThat(measure.perplexity()).isCloseTo(Math.exp(2.5 / 3), within(1e-12));
    assertThat(measure.scores().get("mse")).isCloseTo(5.0 / 3, within(1e-12));
    assertThat(measure.scores().get("spearman")).isCloseTo(0.5, within(1e-12));
    double pearson = 1 / Math.sqrt(2 * 14.0 / 3);
    assertThat(measure.scores().get("pearson")).isCloseTo(pearson, within(1e-12));
  }

  /** The ranks are 6 4 5 1 2 3 and 3 2 6 1 4 5, whose correlation is 13 / 35. */
  @Test
  void ofEmbeddingsIsTheAgreementOfTheirPairs() {
    List<double[]> dense = List.of(vector(0), vector(10), vector(30), vector(70));
    List<double[]> other = List.of(vector(0), vector(25), vector(30), vector(41));
    Measure same = Measure.of(new TextEmbedding(), dense, dense);
    assertThat(same.scores()).containsOnlyKeys("spearman");
    assertThat(same.scores().get("spearman")).isCloseTo(1, within(1e-12));
    assertThat(same.perplexity()).isCloseTo(1, within(1e-12));
    Measure measure = Measure.of(new TextEmbedding(), other, dense);
    assertThat(measure.scores().get("spearman")).isCloseTo(13.0 / 35, within(1e-12));
    double distance = (2 - Math.cos(Math.toRadians(15)) - Math.cos(Math.toRadians(29))) / 4;
    assertThat(measure.perplexity()).isCloseTo(Math.exp(distance), within(1e-12));
  }

  @Test
  void sharesTheRanksOfWhatIsEqual() {
    assertThat(Correlation.ranks(new double[] {3, 1, 3, 2})).containsExactly(3.5, 1, 3.5, 2);
  }

  private static double[] vector(double degrees) {
    return new double[] {Math.cos(Math.toRadians(degrees)), Math.sin(Math.toRadians(degrees))};
  }
}
