package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Probabilities sum to 1 after any history; a bigram model is the formula worked out by hand; a
 * long text's own order is learnt and noise is not.
 */
class NgramModelTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void probabilitiesSumToOneAfterAnyHistory(int order) {
    int vocabulary = 7;
    NgramModel model = new NgramModel(order, vocabulary, skewed(500, 5, 1));
    for (int[] history : new int[][] {{}, {0}, {6}, {2, 2, 2}, {6, 6, 6}, {1, 3, 0, 4, 2}}) {
      double sum = 0;
      for (int next = 0; next < vocabulary; next++) {
        int[] tokens = Arrays.copyOf(history, history.length + 1);
        tokens[history.length] = next;
        double probability = model.probability(tokens, history.length);
        assertThat(probability).isPositive();
        sum += probability;
      }
      assertThat(sum).isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void aBigramModelIsTheFormulaWorkedOutByHand() {
    // Bigrams: 01 three times, 12 twice, 10 and 20 once; none four times. So n1 = 2, n2 = 1,
    // n3 = 1, Y = 2 / 4 and D1 = 1 - 2 Y n2 / n1 = 0.5, D2 = 2 - 3 Y n3 / n2 = 0.5,
    // D3 = 3 - 4 Y n4 / n3 = 3, which would leave nothing and is set to 1.5.
    // Before 0 stand two tokens, before 1 one, before 2 one: n1 = 2, n2 = 1, Y = 0.5,
    // D1 = 0.5, D2 = 2 - 0 = 2, set to 1; no third count, so 1.5.
    NgramModel model = new NgramModel(2, 4, new int[] {0, 1, 2, 0, 1, 0, 1, 2});
    double unigram0 = (2 - 1 + (1 + 2 * 0.5) * 0.25) / 4;
    double unigram1 = (1 - 0.5 + (1 + 2 * 0.5) * 0.25) / 4;
    assertThat(model.probability(new int[] {1}, 0)).isCloseTo(unigram1, within(1e-12));
    assertThat(model.probability(new int[] {1, 0}, 1))
        .isCloseTo((1 - 0.5 + (0.5 + 0.5) * unigram0) / 3, within(1e-12));
    assertThat(model.probability(new int[] {0, 1}, 1))
        .isCloseTo((3 - 1.5 + 1.5 * unigram1) / 3, within(1e-12));
    assertThat(model.probability(new int[] {3, 1}, 1)).isCloseTo(unigram1, within(1e-12));
  }

  @Test
  void aPatternOfThreeTokensNeedsATrigramModel() {
    int[] text = new int[4000];
    Random random = new Random(3);
    for (int t = 0; t < text.length; t++) {
      // Each token is the sum of the last two modulo 5, but for one in ten.
      boolean ruled = t > 1 && random.nextInt(10) > 0;
      text[t] = ruled ? (text[t - 1] + text[t - 2]) % 5 : random.nextInt(5);
    }
    int[][] windows = {Arrays.copyOfRange(text, 3000, 4000)};
    int[] training = Arrays.copyOf(text, 3000);
    assertThat(new NgramModel(1, 5, training).losses(windows)[0]).isGreaterThan(1.5);
    assertThat(new NgramModel(2, 5, training).losses(windows)[0]).isGreaterThan(1.4);
    // 0.92 of the mass on one token, the rest spread over four: 0.355 nats.
    assertThat(new NgramModel(3, 5, training).losses(windows)[0]).isBetween(0.3, 0.5);
  }

  @Test
  void ordersWithoutKeysAndShortTextsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new NgramModel(0, 5, new int[9]));
    assertThatIllegalArgumentException().isThrownBy(() -> new NgramModel(7, 1024, new int[9]));
    assertThatIllegalArgumentException().isThrownBy(() -> new NgramModel(3, 5, new int[2]));
  }

  private static int[] skewed(int length, int values, long seed) {
    Random random = new Random(seed);
    int[] tokens = new int[length];
    for (int t = 0; t < length; t++) {
      tokens[t] = random.nextInt(1 + random.nextInt(values));
    }
    return tokens;
  }
}
