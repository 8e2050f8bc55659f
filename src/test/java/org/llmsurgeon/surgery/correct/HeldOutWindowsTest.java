package org.llmsurgeon.surgery.correct;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeldOutWindowsTest {
  @ParameterizedTest
  @CsvSource({"2, 1", "3, 2", "7, 6", "8, 7", "9, 7", "15, 7"})
  void oneOfFewerThanSixteenJudges(int windows, int judging) {
    assertThat(judging(windows)).containsExactly(judging);
  }

  @Test
  void oneInEightJudgesSpreadOverAll() {
    assertThat(judging(33)).containsExactly(7, 15, 23, 31);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5, 8, 17, 128})
  void whatJudgesIsNotFittedTo(int windows) {
    HeldOutWindows heldOut = new HeldOutWindows(windows);
    for (int window = 0; window < windows; window++) {
      assertThat(heldOut.fits(window)).isNotEqualTo(heldOut.judges(window));
    }
    assertThat(judging(windows)).hasSize(heldOut.judging());
  }

  @Test
  void aSingleWindowDoesBoth() {
    HeldOutWindows heldOut = new HeldOutWindows(1);
    assertThat(heldOut.fits(0)).isTrue();
    assertThat(heldOut.judges(0)).isTrue();
    assertThat(heldOut.judging()).isEqualTo(1);
  }

  private static List<Integer> judging(int windows) {
    HeldOutWindows heldOut = new HeldOutWindows(windows);
    return IntStream.range(0, windows).filter(heldOut::judges).boxed().toList();
  }
}
