package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TokenWindows;

class TextWindowsTest {
  private static final int[] TOKENS = IntStream.range(0, 23).toArray();

  @Test
  void consecutiveWindowsCoverTheTextWithoutItsEnd() {
    assertThat(TextWindows.consecutive(TOKENS, 5).windows())
        .isDeepEqualTo(
            new int[][] {
              {0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}, {10, 11, 12, 13, 14}, {15, 16, 17, 18, 19}
            });
  }

  @Test
  void randomWindowsArePiecesOfTheTextAndReachBothEnds() {
    TokenWindows windows = TextWindows.random(TOKENS, 400, 5, 7);

    for (int[] window : windows.windows()) {
      assertThat(window).isEqualTo(Arrays.copyOfRange(TOKENS, window[0], window[0] + 5));
    }
    assertThat(Arrays.stream(windows.windows()).mapToInt(window -> window[0]).distinct().count())
        .isEqualTo(TOKENS.length - 5 + 1);
  }

  @Test
  void theSeedDecidesTheDraw() {
    assertThat(TextWindows.random(TOKENS, 9, 5, 7).windows())
        .isDeepEqualTo(TextWindows.random(TOKENS, 9, 5, 7).windows());
    assertThat(
            Arrays.deepEquals(
                TextWindows.random(TOKENS, 9, 5, 8).windows(),
                TextWindows.random(TOKENS, 9, 5, 7).windows()))
        .isFalse();
  }

  @Test
  void aTextOfOneWindowIsEnoughAndAShorterOneIsRefused() {
    assertThat(TextWindows.random(TOKENS, 2, 23, 0).windows())
        .isDeepEqualTo(new int[][] {TOKENS, TOKENS});
    assertThatThrownBy(() -> TextWindows.random(TOKENS, 2, 24, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("23 tokens")
        .hasMessageContaining("24");
    assertThatThrownBy(() -> TextWindows.consecutive(TOKENS, 24))
        .isInstanceOf(InputException.class);
  }
}
