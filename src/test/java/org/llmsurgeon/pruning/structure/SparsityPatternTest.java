package org.llmsurgeon.pruning.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;

class SparsityPatternTest {
  @ParameterizedTest
  @ValueSource(strings = {"2:4", "4:8", "1:2", "3:64"})
  void aPatternIsItsName(String name) {
    assertThat(SparsityPattern.parse(name).optionName()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"4:2", "4:4", "0:4", "2:65", "2-4", "2:4:8", "a:b", "", "-1:4", "02:4"})
  void whatIsNoPatternIsRefused(String name) {
    assertThatThrownBy(() -> SparsityPattern.parse(name)).isInstanceOf(InputException.class);
  }

  @Test
  void aLayerThatDoesNotFitIsNamedWithItsWidth() {
    SparsityPattern pattern = new SparsityPattern(2, 4);
    assertThat(pattern.fits(172)).isTrue();
    assertThat(pattern.fits(170)).isFalse();
    pattern.checkFits("fc1", 172);
    assertThatThrownBy(() -> pattern.checkFits("fc1", 170))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("fc1", "170", "2:4", "dense");
  }

  @ParameterizedTest
  @CsvSource({
    "2:4, 0.25, 1000, 500", "2:4, 0.5, 1001, 1001", "2:4, 0.2, 1003, 401", "1:4, 0.75, 7, 7",
    "5:8, 0.375, 11, 11", "1:3, 0.667, 9, 9", "2:4, 0, 5, 0", "4:8, 0.1, 100, 20"
  })
  void aSparsityTakesItsShareOfAllGroups(String name, double sparsity, long groups, long expected) {
    assertThat(SparsityPattern.parse(name).groups(sparsity, groups)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"2:4, 0.51", "3:4, 0.3", "2:4, 1.5", "2:4, -0.1"})
  void aSparsityThatThePatternDoesNotReachIsRefused(String name, double sparsity) {
    assertThatThrownBy(() -> SparsityPattern.parse(name).groups(sparsity, 10))
        .isInstanceOf(InputException.class);
  }
}
