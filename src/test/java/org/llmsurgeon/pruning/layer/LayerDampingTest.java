package org.llmsurgeon.pruning.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.llmsurgeon.curvature.Damping;

/** How large damping is, by hand. */
class LayerDampingTest {
  private static final Damping FACTORS = new Damping(0.5, 0.1);

  @Test
  void aMassiveActivationDampsNoOthers() {
    double[] diagonal = {2, 1000, 1, 3, 4};
    LayerDamping plain = LayerDamping.of(new UnitDamping(FACTORS, 0));
    LayerDamping bounded = LayerDamping.of(new UnitDamping(FACTORS, 0, 10));
    assertThat(plain.inputs().applyAsDouble(diagonal)).isCloseTo(0.1 * 1010 / 5, within(1e-12));
    // The median is 3, so 1000 counts as 30.
    assertThat(bounded.inputs().applyAsDouble(diagonal)).isCloseTo(0.1 * 40 / 5, within(1e-12));
    assertThat(bounded.outputs().applyAsDouble(diagonal)).isCloseTo(0.5 * 1010 / 5, within(1e-12));
    assertThat(bounded.inputs().applyAsDouble(new double[0])).isZero();
    assertThat(diagonal).containsExactly(2, 1000, 1, 3, 4);
  }

  @Test
  void aBoundBelowTheMedianIsRefused() {
    assertThatThrownBy(() -> new UnitDamping(FACTORS, 0, 0.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0.5");
  }
}
