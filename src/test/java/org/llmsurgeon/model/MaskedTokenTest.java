package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.MaskedToken;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.SpecialTokens;

@DisplayName("The objective of hidden tokens")
class MaskedTokenTest {
  private static final int VOCABULARY = 1000;
  private static final int MASK = 3;
  private static final Objective OBJECTIVE =
      new MaskedToken(VOCABULARY, new SpecialTokens(MASK, Set.of(0, 1, 2, MASK)), 0);

  private static int[] window(long seed, int length) {
    int[] window = new Random(seed).ints(length, 4, VOCABULARY).toArray();
    window[0] = 1;
    window[length - 1] = 2;
    return window;
  }

  @Test
  void hidesThoseOfTheText() {
    int chosen = 0;
    int masked = 0;
    int kept = 0;
    for (int seed = 0; seed < 400; seed++) {
      int[] window = window(seed, 102);
      Objective.Example example = OBJECTIVE.example(window);
      int[] counted =
          IntStream.range(0, 102).filter(each -> example.targets()[each] >= 0).toArray();
      assertThat(counted).hasSize(15).doesNotContain(0, 101);
      for (int position = 0; position < 102; position++) {
        boolean counts = example.targets()[position] >= 0;
        assertThat(example.targets()[position]).isEqualTo(counts ? window[position] : -1);
        if (!counts) {
          assertThat(example.ids()[position]).isEqualTo(window[position]);
          continue;
        }
        chosen++;
        masked += example.ids()[position] == MASK ? 1 : 0;
        kept += example.ids()[position] == window[position] ? 1 : 0;
      }
    }
    assertThat((double) masked / chosen).isCloseTo(0.8, within(0.02));
    assertThat((double) kept / chosen).isCloseTo(0.1, within(0.015));
  }

  @Test
  void hidesTheSameInTheSameWindowAndOthersInAnother() {
    int[] window = window(7, 50);
    Objective.Example once = OBJECTIVE.example(window);
    assertThat(OBJECTIVE.example(window.clone()).ids()).isEqualTo(once.ids());
    assertThat(OBJECTIVE.example(window.clone()).targets()).isEqualTo(once.targets());
    int[] other = window.clone();
    other[10]++;
    int[] targets = OBJECTIVE.example(other).targets();
    assertThat(IntStream.range(0, 50).filter(each -> targets[each] >= 0).toArray())
        .isNotEqualTo(IntStream.range(0, 50).filter(each -> once.targets()[each] >= 0).toArray());
  }

  @Test
  void hidesAtLeastOne() {
    assertThat(OBJECTIVE.example(new int[] {1, 9, 2}).targets()).containsExactly(-1, 9, -1);
    assertThat(OBJECTIVE.example(new int[] {1, 2}).targets()).containsAnyOf(1, 2);
  }

  @Test
  void needsAMask() {
    assertThatThrownBy(() -> OBJECTIVE.reading(SpecialTokens.UNKNOWN).example(new int[] {4, 5}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tokenizer.json");
  }
}
