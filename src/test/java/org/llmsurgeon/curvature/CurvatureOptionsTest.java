package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;

class CurvatureOptionsTest {
  @ParameterizedTest
  @EnumSource
  void eachKindOfCurvatureIsFoundByItsName(CurvatureKind kind) {
    assertThat(CurvatureKind.parse(kind.optionName())).isEqualTo(kind);
  }

  @Test
  void namesOfCurvaturesAreThoseOfTheCommandLine() {
    assertThat(CurvatureKind.parse("kfac")).isEqualTo(CurvatureKind.KFAC);
    assertThat(CurvatureKind.parse("activations")).isEqualTo(CurvatureKind.ACTIVATIONS);
    assertThat(CurvatureKind.parse("identity")).isEqualTo(CurvatureKind.IDENTITY);
  }

  @Test
  void anUnknownCurvatureListsTheChoices() {
    assertThatThrownBy(() -> CurvatureKind.parse("KFAC"))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("'KFAC'", "identity, activations, kfac");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, Double.NaN, Double.POSITIVE_INFINITY})
  void dampingMustBeFiniteAndNotNegative(double value) {
    assertThatThrownBy(() -> new Damping(value, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("damping of G");
    assertThatThrownBy(() -> new Damping(0, value))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("damping of A");
  }
}
