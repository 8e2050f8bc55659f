package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.CpuDevice;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ReferenceDevice;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

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
