package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.llmsurgeon.Tolerances.assertClose;

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

class FactorOutlineTest {
  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void isTheDiagonalAndTheNormOfAll(Device device) {
    try (TensorScope scope = new TensorScope(device)) {
      for (int size : new int[] {1, 2, 7, 33}) {
        double[] values = symmetric(size);
        FactorOutline outline = FactorOutline.of(full(scope, size, values), device);
        double squares = 0;
        for (double value : values) {
          squares += value * value;
        }
        assertClose("norm", outline.norm(), Math.sqrt(squares), 1e-12);
        for (int i = 0; i < size; i++) {
          assertThat(outline.diagonal()[i]).isEqualTo(values[i * size + i]);
        }
      }
    }
  }

  /** As factors are stored: in single precision, of which squares are summed in double. */
  @ParameterizedTest
  @MethodSource("devices")
  void aStoredTriangleIsReadAsItIs(Device device) {
    int size = 40;
    double[] values = symmetric(size);
    double[] rounded = new double[values.length];
    double squares = 0;
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
      squares += rounded[i] * rounded[i];
    }
    try (TensorScope scope = new TensorScope(device)) {
      Tensor packed = scope.empty(Precision.SINGLE, 1, size * (size + 1) / 2);
      device.pack(full(scope, size, rounded), packed);
      FactorOutline outline = FactorOutline.ofTriangle(packed, size, device);
      assertClose("norm", outline.norm(), Math.sqrt(squares), 1e-12);
      for (int i = 0; i < size; i++) {
        assertThat(outline.diagonal()[i]).isEqualTo(rounded[i * size + i]);
      }
    }
  }

  /** An element off the diagonal counts although no other number of the outline shows it. */
  @ParameterizedTest
  @MethodSource("devices")
  void aNumberThatIsNotFiniteIsSeen(Device device) {
    double[] values = symmetric(3);
    values[1] = Double.NaN;
    values[3] = Double.NaN;
    try (TensorScope scope = new TensorScope(device)) {
      FactorOutline a = FactorOutline.of(full(scope, 3, values), device);
      FactorOutline g = FactorOutline.of(full(scope, 2, symmetric(2)), device);
      assertThat(a.norm()).isNaN();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new KroneckerOutline(a, g).balanced())
          .withMessageContaining("norms NaN");
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void isBalancedAsTheWholeIs(Device device) {
    try (TensorScope scope = new TensorScope(device)) {
      KroneckerFactors whole =
          new KroneckerFactors(full(scope, 5, symmetric(5)), full(scope, 4, symmetric(4)), 10);
      KroneckerOutline outline =
          new KroneckerOutline(
                  FactorOutline.of(whole.a(), device), FactorOutline.of(whole.g(), device))
              .balanced();
      whole.balance(device);
      assertClose("norm of A", outline.a().norm(), whole.normA(device), 1e-12);
      assertClose("norm of G", outline.g().norm(), whole.normG(device), 1e-12);
      assertClose("A", outline.a().diagonal(), device.diagonal(whole.a()), 1e-12);
      assertClose("G", outline.g().diagonal(), device.diagonal(whole.g()), 1e-12);
    }
  }

  private static double[] symmetric(int size) {
    Random random = new Random(size);
    double[] values = new double[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j <= i; j++) {
        values[i * size + j] = random.nextGaussian();
        values[j * size + i] = values[i * size + j];
      }
    }
    return values;
  }

  private static Tensor full(TensorScope scope, int size, double[] values) {
    return scope.own(scope.device().tensor(Precision.DOUBLE, size, size, values));
  }
}
