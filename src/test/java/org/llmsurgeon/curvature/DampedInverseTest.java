package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class DampedInverseTest {
  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theDampedFactorTimesItIsTheIdentity(Device device) {
    Random random = new Random(1);
    for (int size : new int[] {1, 2, 5, 40}) {
      // Fewer samples than dimensions: only damping makes it invertible.
      double[] matrix = gram(random, size, size / 2 + 1);
      double mean = 0;
      for (int i = 0; i < size; i++) {
        mean += matrix[i * size + i] / size;
      }
      try (TensorScope scope = new TensorScope(device)) {
        Tensor tensor = scope.own(device.tensor(Precision.DOUBLE, size, size, matrix));
        try (DampedInverse inverse = DampedInverse.of(device, "G", tensor, 0.01)) {
          assertThat(inverse.constant()).isCloseTo(0.01 * mean, within(1e-14 * mean));
          assertThat(inverse.diagonal()).isEqualTo(device.diagonal(inverse.matrix()));
          assertThat(device.values(tensor)).isEqualTo(matrix);
          device.addDiagonal(tensor, inverse.constant());
          Tensor product = scope.empty(Precision.DOUBLE, size, size);
          device.multiply(1, tensor, inverse.matrix(), 0, product);
          device.addDiagonal(product, -1);
          assertThat(device.values(product))
              .containsExactly(new double[size * size], within(1e-11));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void nothingHasAnEmptyInverse(Device device) {
    try (Tensor empty = device.zeros(Precision.DOUBLE, 0, 0);
        DampedInverse inverse = DampedInverse.of(device, "G", empty, 0.01)) {
      assertThat(inverse.matrix().rows()).isZero();
      assertThat(inverse.diagonal()).isEmpty();
      assertThat(inverse.constant()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aSingularFactorWithoutDampingIsNamedWithItsPivotAndDiagonal(Device device) {
    try (Tensor singular = device.tensor(Precision.DOUBLE, 3, 3, 4, 2, 0, 2, 1, 0, 0, 0, 9)) {
      NotPositiveDefiniteException failure =
          catchThrowableOfType(
              NotPositiveDefiniteException.class,
              () -> DampedInverse.of(device, "G of layer 1", singular, 0));
      assertThat(failure.factor()).isEqualTo("G of layer 1");
      assertThat(failure.pivot()).isEqualTo(1);
      assertThat(failure.smallestDiagonal()).isEqualTo(1);
      assertThat(failure.largestDiagonal()).isEqualTo(9);
      assertThat(failure).hasMessageContainingAll("G of layer 1", "pivot 1");
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void anInverseThatOverflowsIsNotGivenOut(Device device) {
    try (Tensor tiny = device.tensor(Precision.DOUBLE, 2, 2, 1, 0, 0, 1e-320)) {
      assertThatThrownBy(() -> DampedInverse.of(device, "A", tiny, 0))
          .isInstanceOf(NotPositiveDefiniteException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void dampingRisesTenfoldUntilItIsEnough(Device device) {
    // Its smallest eigenvalue is -0.5
    try (Tensor indefinite = device.tensor(Precision.DOUBLE, 2, 2, 1, 1.5, 1.5, 1);
        DampedInverse inverse =
            DampedInverse.ofConstant(device, "G", indefinite, 0.02, DampingLadder.DEFAULT)) {
      assertThat(inverse.retries()).isEqualTo(2);
      assertThat(inverse.constant()).isCloseTo(2, within(1e-15));
      double determinant = 3 * 3 - 1.5 * 1.5;
      assertThat(device.values(inverse.matrix()))
          .containsExactly(
              new double[] {
                3 / determinant, -1.5 / determinant, -1.5 / determinant, 3 / determinant
              },
              within(1e-14));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theLadderEndsWithAnErrorThatSaysHowMuchDampingWasTried(Device device) {
    try (Tensor indefinite = device.tensor(Precision.DOUBLE, 2, 2, 1, 1e6, 1e6, 1)) {
      NotPositiveDefiniteException failure =
          catchThrowableOfType(
              NotPositiveDefiniteException.class,
              () ->
                  DampedInverse.ofConstant(
                      device, "G of layer 1", indefinite, 0.01, DampingLadder.DEFAULT));
      assertThat(failure.damping()).isCloseTo(1000, within(1e-9));
      assertThat(failure).hasMessageContainingAll("G of layer 1", "pivot 1", "1000.00");
      assertThatThrownBy(
              () -> DampedInverse.ofConstant(device, "G", indefinite, 0, DampingLadder.DEFAULT))
          .isInstanceOf(NotPositiveDefiniteException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theConditionEstimateIsExactForADiagonalAndNeverAboveTheTruth(Device device) {
    try (Tensor diagonal = device.tensor(Precision.DOUBLE, 3, 3, 4, 0, 0, 0, 100, 0, 0, 0, 1);
        DampedInverse inverse = DampedInverse.of(device, "A", diagonal, 0)) {
      assertThat(inverse.condition()).isCloseTo(100, within(1e-12));
      FactorHealth health = FactorHealth.inverted("A", device.diagonal(diagonal), 2, inverse);
      assertThat(health)
          .isEqualTo(
              new FactorHealth(
                  "A", 3, 2, new FactorHealth.Diagonal(1, 100, 105), inverse.condition(), 0, 0));
    }
    Random random = new Random(2);
    for (int size = 2; size < 12; size++) {
      double[] matrix = gram(random, size, size + 3);
      try (Tensor tensor = device.tensor(Precision.DOUBLE, size, size, matrix);
          DampedInverse inverse = DampedInverse.of(device, "A", tensor, 0.1)) {
        device.addDiagonal(tensor, inverse.constant());
        double[] eigenvalues = device.eigen(tensor);
        double truth = eigenvalues[size - 1] / eigenvalues[0];
        assertThat(inverse.condition()).isBetween(1.0, truth * (1 + 1e-12));
      }
    }
  }

  private static double[] gram(Random random, int size, int samples) {
    double[] matrix = new double[size * size];
    for (int t = 0; t < samples; t++) {
      double[] x = random.doubles(size, -1, 1).toArray();
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          matrix[i * size + j] += x[i] * x[j];
        }
      }
    }
    return matrix;
  }
}
