package org.llmsurgeon.surgery.correct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.AdamStep;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/**
 * Steps agree with the formula worked out by hand; clipping is the same as scaling the gradient;
 * matrices decay and vectors do not; a gradient that is not finite changes nothing.
 */
class AdamTest {
  private static final double ROUNDING = 1e-7;

  private final TensorScope scope = new TensorScope(new ReferenceDevice());

  @AfterEach
  void free() {
    scope.close();
    scope.device().close();
  }

  @Test
  void twoStepsAreThoseWorkedOutByHand() {
    Tensor value = row(1, 1);
    Tensor gradient = row(1, 0);
    Adam adam = adam(unclipped(), value, gradient);

    adam.step(0.1);
    // m = 0.1, v = 0.01, both 1 after the correction: a step of the whole rate.
    assertThat(values(value)).containsExactly(new double[] {0.9, 1}, within(ROUNDING));

    set(gradient, -2, 0.5);
    adam.step(0.1);
    // First weight: m = 0.09 - 0.2 = -0.11, v = 0.0099 + 0.04 = 0.0499,
    // step 0.1 (-0.11 / 0.19) / sqrt(0.0499 / 0.0199) = -0.036560771.
    // Second: m = 0.05, v = 0.0025, step 0.1 (0.05 / 0.19) / sqrt(0.0025 / 0.0199) = 0.074245977.
    assertThat(values(value))
        .containsExactly(new double[] {0.936560771, 0.925754023}, within(ROUNDING));
  }

  @Test
  void anotherGoesOnWithTheMeansOfTheFirst() {
    Tensor value = row(1, -1);
    Tensor gradient = row(1, 0.25);
    Adam.Parameter weights = Trainer.untrained("weights", value, gradient, scope);
    Adam adam = new Adam(scope.device(), List.of(weights), unclipped(), 0);
    adam.step(0.1);
    set(gradient, -2, 0.5);
    adam.step(0.1);
    Tensor first = row(values(weights.tensors().first()));
    Tensor second = row(values(weights.tensors().second()));
    double[] then = values(value);
    Tensor copy = row(then);

    adam.step(0.05);
    Adam.Parameter same =
        new Adam.Parameter("weights", new AdamStep.Tensors(copy, gradient, first, second));
    new Adam(scope.device(), List.of(same), unclipped(), 2).step(0.05);
    assertThat(values(copy)).isEqualTo(values(value)).isNotEqualTo(then);
  }

  @Test
  void epsilonIsOutsideTheRoot() {
    Tensor value = row(0);
    adam(new AdamOptions(0.9, 0.99, 1, 0, Double.POSITIVE_INFINITY), value, row(3)).step(1);
    assertThat(values(value)).containsExactly(new double[] {-0.75}, within(ROUNDING));
  }

  @Test
  void clippingScalesAllGradientsAsOneVector() {
    Tensor clipped = row(1, 1);
    Tensor scaled = row(1, 1);
    Tensor large = row(3, 4);
    Tensor small = row(0.6, 0.8);
    Adam clipping = adam(new AdamOptions(0.9, 0.99, 1e-8, 0, 1), clipped, large);
    Adam plain = adam(unclipped(), scaled, small);

    assertThat(clipping.step(0.1)).isCloseTo(5, within(ROUNDING));
    assertThat(plain.step(0.1)).isCloseTo(1, within(ROUNDING));
    set(large, -0.1, 0.2);
    set(small, -0.1, 0.2);
    clipping.step(0.1);
    plain.step(0.1);

    assertThat(values(clipped)).containsExactly(values(scaled), within(ROUNDING));
  }

  @Test
  void matricesDecayByTheirShareOfTheRateAndVectorsDoNot() {
    Tensor matrix = scope.own(scope.device().tensor(Precision.DOUBLE, 2, 1, 4, -2));
    Tensor vector = row(4, -2);
    Tensor none = scope.zeros(Precision.DOUBLE, 2, 1);
    Adam adam =
        new Adam(
            scope.device(),
            List.of(
                Trainer.untrained("matrix", matrix, none, scope),
                Trainer.untrained("vector", vector, row(0, 0), scope)),
            new AdamOptions(0.9, 0.99, 1e-8, 0.5, Double.POSITIVE_INFINITY),
            0);

    adam.step(0.1);

    assertThat(values(matrix)).containsExactly(new double[] {3.8, -1.9}, within(ROUNDING));
    assertThat(values(vector)).containsExactly(4, -2);
  }

  @Test
  void largeParametersAreSteppedToTheirEnd() {
    int columns = 50_001;
    Tensor value = scope.zeros(Precision.DOUBLE, 1, columns);
    double[] ones = new double[columns];
    Arrays.fill(ones, 1);
    adam(AdamOptions.DEFAULT, value, row(ones)).step(0.25);
    double[] expected = new double[columns];
    Arrays.fill(expected, -0.25);
    assertThat(values(value)).containsExactly(expected, within(ROUNDING));
  }

  @Test
  void aGradientThatIsNotFiniteIsNamedAndChangesNothing() {
    Tensor value = row(1, 2);
    Tensor gradient = row(1, Double.NaN);
    Adam adam = adam(AdamOptions.DEFAULT, value, gradient);

    assertThatThrownBy(() -> adam.step(0.1))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("weights")
        .hasMessageContaining("step 1");
    assertThat(values(value)).containsExactly(1, 2);

    set(gradient, 1, 1);
    adam.step(0.1);
    assertThat(values(value)).containsExactly(new double[] {0.9, 1.9}, within(ROUNDING));
  }

  @Test
  void wrongNumbersAreRefused() {
    Adam adam = adam(AdamOptions.DEFAULT, row(1), row(1));
    assertThatIllegalArgumentException().isThrownBy(() -> adam.step(-0.1));
    assertThatIllegalArgumentException().isThrownBy(() -> adam.step(Double.NaN));
    assertThatIllegalArgumentException().isThrownBy(() -> new AdamOptions(1, 0.9, 1e-8, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new AdamOptions(0.9, 0.9, 0, 0, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainer.untrained("weights", row(1), row(1, 2), scope));
  }

  private static AdamOptions unclipped() {
    return new AdamOptions(0.9, 0.99, 1e-8, 0, Double.POSITIVE_INFINITY);
  }

  private Adam adam(AdamOptions options, Tensor value, Tensor gradient) {
    Adam.Parameter weights = Trainer.untrained("weights", value, gradient, scope);
    return new Adam(scope.device(), List.of(weights), options, 0);
  }

  private Tensor row(double... values) {
    return scope.own(scope.device().tensor(Precision.DOUBLE, 1, values.length, values));
  }

  private void set(Tensor tensor, double... values) {
    scope.device().upload(values, 0, tensor, 0, values.length);
  }

  private double[] values(Tensor tensor) {
    return scope.device().values(tensor);
  }
}
