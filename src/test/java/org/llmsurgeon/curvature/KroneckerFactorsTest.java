package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class KroneckerFactorsTest {
  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void balancingMakesTheNormsEqualAndKeepsTheProduct(Device device) {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor a = scope.own(device.tensor(Precision.DOUBLE, 2, 2, 3e4, 1e4, 1e4, 5e4));
      Tensor g = scope.own(device.tensor(Precision.DOUBLE, 2, 2, 2e-9, -1e-9, -1e-9, 7e-9));
      KroneckerFactors factors = new KroneckerFactors(a, g, 10);
      double norm = Math.sqrt(factors.normA(device) * factors.normG(device));
      KroneckerFactors balanced = factors.balanced(device);
      scope.own(balanced.a());
      scope.own(balanced.g());
      assertThat(balanced.normA(device)).isCloseTo(norm, within(1e-14 * norm));
      assertThat(balanced.normG(device)).isCloseTo(norm, within(1e-14 * norm));
      assertThat(product(device, balanced))
          .containsExactly(product(device, factors), within(1e-18));
      assertThat(balanced.tokens()).isEqualTo(10);
      assertThat(balanced.kind()).isEqualTo(CurvatureKind.KFAC);
      assertThat(device.values(a)).containsExactly(3e4, 1e4, 1e4, 5e4);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void balancingKeepsThePrecisionOfEach(Device device) {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor a = scope.own(device.tensor(Precision.SINGLE, 1, 1, 100));
      Tensor g = scope.own(device.tensor(Precision.DOUBLE, 1, 1, 1));
      KroneckerFactors balanced = new KroneckerFactors(a, g, 1).balanced(device);
      scope.own(balanced.a());
      scope.own(balanced.g());
      assertThat(balanced.a().precision()).isEqualTo(Precision.SINGLE);
      assertThat(balanced.g().precision()).isEqualTo(Precision.DOUBLE);
      assertThat(device.values(balanced.a())[0]).isCloseTo(10, within(1e-6));
      assertThat(device.values(balanced.g())[0]).isCloseTo(10, within(1e-12));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aFactorOfZerosLeavesBothAsTheyAre(Device device) {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor a = scope.own(device.tensor(Precision.DOUBLE, 1, 1, 100));
      Tensor g = scope.zeros(Precision.DOUBLE, 2, 2);
      KroneckerFactors balanced = new KroneckerFactors(a, g, 1).balanced(device);
      scope.own(balanced.a());
      scope.own(balanced.g());
      assertThat(device.values(balanced.a())).containsExactly(100);
      assertThat(device.values(balanced.g())).containsOnly(0);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void identityNeedsOnlySizes(Device device) {
    KroneckerFactors factors = KroneckerFactors.identity(device, 2, 3);
    try (Tensor a = factors.a();
        Tensor g = factors.g()) {
      assertThat(device.values(a)).containsExactly(1, 0, 0, 0, 1, 0, 0, 0, 1);
      assertThat(device.values(g)).containsExactly(1, 0, 0, 1);
      assertThat(factors.kind()).isEqualTo(CurvatureKind.IDENTITY);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void activationsKeepTheirFactorAndTakeTheIdentityForTheOutputs(Device device) {
    try (Tensor a = device.tensor(Precision.DOUBLE, 1, 1, 4)) {
      KroneckerFactors factors = KroneckerFactors.activations(device, a, 2, 7);
      try (Tensor g = factors.g()) {
        assertThat(factors.a()).isSameAs(a);
        assertThat(device.values(g)).containsExactly(1, 0, 0, 1);
        assertThat(factors.tokens()).isEqualTo(7);
        assertThat(factors.kind()).isEqualTo(CurvatureKind.ACTIVATIONS);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void factorsMustBeSquareAndFinite(Device device) {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor one = scope.own(device.tensor(Precision.DOUBLE, 1, 1, 1));
      Tensor wide = scope.zeros(Precision.DOUBLE, 1, 2);
      Tensor bad = scope.own(device.tensor(Precision.DOUBLE, 1, 1, Double.NaN));
      assertThatIllegalArgumentException().isThrownBy(() -> new KroneckerFactors(wide, one, 1));
      assertThatIllegalArgumentException().isThrownBy(() -> new KroneckerFactors(one, wide, 1));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new KroneckerFactors(one, bad, 1).balanced(device));
    }
  }

  private static double[] product(Device device, KroneckerFactors factors) {
    double[] a = device.values(factors.a());
    double[] g = device.values(factors.g());
    double[] product = new double[a.length * g.length];
    for (int i = 0; i < g.length; i++) {
      for (int j = 0; j < a.length; j++) {
        product[i * a.length + j] = g[i] * a[j];
      }
    }
    return product;
  }
}
