package org.llmsurgeon.curvature.accumulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class FactorAccumulatorTest {
  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theSumIsThatOfTheOuterProducts(Device device) {
    Random random = new Random(1);
    for (int width : new int[] {1, 2, 7, 33}) {
      float[] x = randomFloats(random, 50 * width);
      double[] expected = new double[width * width];
      for (int t = 0; t < 50; t++) {
        for (int i = 0; i < width; i++) {
          for (int j = 0; j < width; j++) {
            expected[i * width + j] += (double) x[t * width + i] * x[t * width + j];
          }
        }
      }
      try (FactorAccumulator sum = accumulate(device, width, false, x)) {
        assertThat(full(device, sum)).containsExactly(expected, within(1e-4));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aBiasIsALastEntryOneOfEachToken(Device device) {
    Random random = new Random(2);
    for (int width : new int[] {1, 2, 7, 33}) {
      float[] x = randomFloats(random, 50 * width);
      float[] augmented = new float[50 * (width + 1)];
      for (int t = 0; t < 50; t++) {
        System.arraycopy(x, t * width, augmented, t * (width + 1), width);
        augmented[t * (width + 1) + width] = 1;
      }
      try (FactorAccumulator withBias = accumulate(device, width, true, x);
          FactorAccumulator explicit = accumulate(device, width + 1, false, augmented)) {
        assertThat(withBias.size()).isEqualTo(width + 1);
        assertThat(device.values(withBias.sum()))
            .containsExactly(device.values(explicit.sum()), within(1e-4));
        assertThat(full(device, withBias)[(width + 1) * (width + 1) - 1]).isEqualTo(50);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void sumsOfPartsAddUp(Device device) {
    // Small whole numbers: every sum is exact, so equality is that of bits.
    Random random = new Random(3);
    float[][] parts = new float[3][];
    for (int i = 0; i < 3; i++) {
      parts[i] = new float[(4 + i) * 5];
      for (int j = 0; j < parts[i].length; j++) {
        parts[i][j] = random.nextInt(9) - 4;
      }
    }
    double[] added = new double[21];
    for (float[] part : parts) {
      try (FactorAccumulator sum = accumulate(device, 5, true, part)) {
        double[] values = device.values(sum.sum());
        Arrays.setAll(added, i -> added[i] + values[i]);
      }
    }
    try (FactorAccumulator atOnce = accumulate(device, 5, true, concatenated(parts))) {
      assertThat(device.values(atOnce.sum())).isEqualTo(added);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void noTokensAddNothing(Device device) {
    try (FactorAccumulator sum = new FactorAccumulator(device, 3, true);
        Tensor none = device.empty(Precision.SINGLE, 0, 3)) {
      sum.add(none);
      assertThat(device.values(sum.sum())).containsOnly(0);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void smallSequencesAreNotLostBesideALargeOne(Device device) {
    try (FactorAccumulator sum = new FactorAccumulator(device, 1, true);
        Tensor large = device.tensor(Precision.SINGLE, 1, 1, 1 << 13);
        Tensor small = device.tensor(Precision.SINGLE, 1, 1, 0.5)) {
      sum.add(large);
      for (int i = 0; i < 100; i++) {
        sum.add(small);
      }
      assertThat(device.values(sum.sum())).containsExactly((1 << 26) + 25, (1 << 13) + 50, 101);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatDoesNotFitIsRefused(Device device) {
    try (FactorAccumulator sum = new FactorAccumulator(device, 3, true);
        Tensor narrow = device.zeros(Precision.SINGLE, 2, 2)) {
      assertThatIllegalArgumentException().isThrownBy(() -> sum.add(narrow));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aNumberThatIsNotFiniteIsNamed(Device device) {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      try (FactorAccumulator sum = new FactorAccumulator(device, 3, true);
          Tensor x = device.tensor(Precision.SINGLE, 2, 3, 1, 1, 1, 1, 1, bad)) {
        sum.checkFinite("layer 1", "A");
        sum.add(x);
        assertThatThrownBy(() -> sum.checkFinite("layer 1", "A"))
            .isInstanceOf(NonFiniteException.class)
            .hasMessageContainingAll("layer 1", "sum of factor A");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theElementThatIsNotFiniteIsNamed(Device device) {
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j <= i; j++) {
        double[] packed = new double[10];
        packed[i * (i + 1) / 2 + j] = Double.NEGATIVE_INFINITY;
        String element = "at [" + i + ", " + j + "]";
        try (FactorAccumulator sum = new FactorAccumulator(device, 4, false);
            Tensor bad = device.tensor(Precision.DOUBLE, 1, 10, packed)) {
          device.add(1, bad, sum.sum());
          assertThatThrownBy(() -> sum.checkFinite("layer 1", "G")).hasMessageContaining(element);
        }
      }
    }
  }

  private static FactorAccumulator accumulate(Device device, int width, boolean bias, float[] x) {
    FactorAccumulator sum = new FactorAccumulator(device, width, bias);
    try (Tensor tensor = device.empty(Precision.SINGLE, x.length / width, width)) {
      device.upload(x, 0, tensor, 0, x.length);
      sum.add(tensor);
    }
    return sum;
  }

  private static double[] full(Device device, FactorAccumulator sum) {
    try (Tensor full = device.empty(Precision.DOUBLE, sum.size(), sum.size())) {
      device.unpack(sum.sum(), full);
      return device.values(full);
    }
  }

  private static float[] concatenated(float[][] parts) {
    int length = 0;
    for (float[] part : parts) {
      length += part.length;
    }
    float[] whole = new float[length];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  private static float[] randomFloats(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
