package org.llmsurgeon.pruning.path;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.curvature.DampedInverse;

/** Against the inverse of what is left, with sets that wait, sets that settle, and a huge one. */
class ShrinkingInverseTest {
  private static final int SIZE = 620;

  @Test
  void isTheInverseOfWhatIsLeftHoweverManyLinesWait() {
    try (Device device = CpuDevice.create();
        TensorScope scope = new TensorScope(device)) {
      Tensor factor = factor(device, scope);
      Tensor start = scope.empty(Precision.DOUBLE, SIZE, SIZE);
      try (DampedInverse whole = DampedInverse.ofConstant(device, "A", factor, 0.1)) {
        device.copy(whole.matrix(), start);
      }
      boolean[] lives = new boolean[SIZE];
      Arrays.fill(lives, true);
      ShrinkingInverse inverse = new ShrinkingInverse(scope, "layer 1", start, lives);
      Random random = new Random(5);
      for (int lines : new int[] {1, 3, 100, 120, 60, 260, 17}) {
        int[] going = some(random, lives, lines);
        try (TensorScope work = new TensorScope(device)) {
          assertRows(device, factor, lives, going, inverse.leaving(work, going));
          inverse.remove(inverse.leaving(work, going));
        }
        for (int each : going) {
          lives[each] = false;
        }
        assertDiagonal(device, factor, lives, inverse);
      }
      int[] left = IntStream.range(0, SIZE).filter(i -> lives[i]).toArray();
      Tensor all = gather(device, scope, inverse.matrix(), left, left);
      try (DampedInverse fresh = fresh(device, scope, factor, left)) {
        Tolerances.assertClose("inverse", device.values(all), device.values(fresh.matrix()), 1e-10);
      }
    }
  }

  private static Tensor factor(Device device, TensorScope scope) {
    Random random = new Random(3);
    double[] values = new double[700 * SIZE];
    Arrays.setAll(values, i -> random.nextGaussian());
    Tensor samples = scope.own(device.tensor(Precision.DOUBLE, 700, SIZE, values));
    Tensor factor = scope.empty(Precision.DOUBLE, SIZE, SIZE);
    device.multiply(1.0 / 700, samples.transposed(), samples, 0, factor);
    return factor;
  }

  private static int[] some(Random random, boolean[] lives, int lines) {
    int[] left = IntStream.range(0, SIZE).filter(i -> lives[i]).toArray();
    return random.ints(0, left.length).distinct().limit(lines).map(i -> left[i]).sorted().toArray();
  }

  /** Rows of what goes, zeros at lines that are gone. */
  private static void assertRows(
      Device device,
      Tensor factor,
      boolean[] lives,
      int[] going,
      ShrinkingInverse.Leaving leaving) {
    int[] left = IntStream.range(0, SIZE).filter(i -> lives[i]).toArray();
    double[] expected = new double[going.length * SIZE];
    try (TensorScope work = new TensorScope(device);
        DampedInverse fresh = fresh(device, work, factor, left)) {
      double[] inverse = device.values(fresh.matrix());
      for (int i = 0; i < going.length; i++) {
        int row = Arrays.binarySearch(left, going[i]);
        for (int j = 0; j < left.length; j++) {
          expected[i * SIZE + left[j]] = inverse[row * left.length + j];
        }
      }
    }
    Tolerances.assertClose("rows", device.values(leaving.coupling()), expected, 1e-10);
  }

  private static void assertDiagonal(
      Device device, Tensor factor, boolean[] lives, ShrinkingInverse inverse) {
    int[] left = IntStream.range(0, SIZE).filter(i -> lives[i]).toArray();
    double[] diagonal = Arrays.stream(left).mapToDouble(i -> inverse.diagonal()[i]).toArray();
    try (TensorScope work = new TensorScope(device);
        DampedInverse fresh = fresh(device, work, factor, left)) {
      Tolerances.assertClose("diagonal", diagonal, fresh.diagonal(), 1e-10);
    }
  }

  private static DampedInverse fresh(Device device, TensorScope work, Tensor factor, int[] left) {
    return DampedInverse.ofConstant(device, "A", gather(device, work, factor, left, left), 0.1);
  }

  private static Tensor gather(
      Device device, TensorScope scope, Tensor from, int[] rows, int[] columns) {
    Tensor to = scope.empty(Precision.DOUBLE, rows.length, columns.length);
    device.gather(from, rows, columns, to);
    return to;
  }
}
