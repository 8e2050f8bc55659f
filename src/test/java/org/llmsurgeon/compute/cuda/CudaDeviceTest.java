package org.llmsurgeon.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.DeviceUnavailableException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cuda.driver.CudaCard;
import org.llmsurgeon.compute.cuda.driver.CudaException;
import org.llmsurgeon.compute.cuda.driver.CudaMemoryException;
import org.llmsurgeon.compute.cuda.driver.StandIn;

/** What the cuda device does with its card: memory, failures, threads of a block in any order. */
class CudaDeviceTest {
  private static final int ILLEGAL_ADDRESS = 700;
  private static final long GIBIBYTE = 1L << 30;

  private static StandIn.Control card;

  @BeforeAll
  static void build() {
    card = StandIn.use();
  }

  @AfterEach
  void mend() {
    card.standinFail("", 0);
    card.standinLimit(8 * GIBIBYTE);
    card.standinBackwards(0);
  }

  @Test
  void cardsAreDescribed() {
    assertThat(CudaCard.all()).hasSize(2);
    CudaCard second = CudaCard.of(1);
    assertThat(second.name()).isEqualTo("stand-in 1");
    assertThat(second.architecture()).isEqualTo("sm_90");
    assertThatThrownBy(() -> CudaCard.of(2))
        .isInstanceOf(DeviceUnavailableException.class)
        .hasMessage("There is no CUDA card 2: this machine shows 2, counted from 0.");
  }

  @Test
  void aThousandWindowsLeaveTheMemoryAsItWas() {
    long before = card.standinBytes();
    CudaDevice device = CudaDevice.open(0, ProductPrecision.BFLOAT16);
    long after = 0;
    for (int window = 0; window < 1000; window++) {
      step(device, 1 + window % 3);
      assertThat(device.memory().orElseThrow().bytes()).isEqualTo(workspace());
      if (window == 9) {
        after = card.standinBytes();
      }
    }
    assertThat(card.standinBytes()).as("bytes after 1,000 windows").isEqualTo(after);
    device.close();
    assertThat(card.standinBytes()).as("bytes after the device").isEqualTo(before);
  }

  /** What cuBLAS holds. */
  private static long workspace() {
    return 1 << 25;
  }

  @Test
  void theOrderOfThreadsChangesNoBit() {
    try (CudaDevice device = CudaDevice.open(0, ProductPrecision.TF32)) {
      double[] forwards = step(device, 2);
      card.standinBackwards(1);
      assertThat(step(device, 2)).containsExactly(forwards);
    }
  }

  @Test
  void aCardWithTooLittleMemorySaysSo() {
    try (CudaDevice device = CudaDevice.open(0, ProductPrecision.FLOAT32)) {
      card.standinLimit(GIBIBYTE);
      assertThatThrownBy(() -> device.zeros(Precision.DOUBLE, 20_000, 20_000))
          .isInstanceOf(CudaMemoryException.class)
          .hasMessageContaining("The card stand-in 0 has no 3200000000 bytes left");
      device.zeros(Precision.SINGLE, 10, 10).close();
    }
  }

  @Test
  void whatIsKeptForReuseIsFreedBeforeMemoryIsMissing() {
    try (CudaDevice device = CudaDevice.open(0, ProductPrecision.FLOAT32)) {
      device.empty(Precision.SINGLE, 1 << 14, 1 << 13).close();
      card.standinLimit(card.standinBytes() + (1 << 20));
      device.empty(Precision.SINGLE, 1 << 13, 1 << 13).close();
    }
  }

  @Test
  void aLostCardFailsEveryFurtherCallAndStillCloses() {
    CudaDevice device = CudaDevice.open(0, ProductPrecision.FLOAT32);
    Tensor x = device.zeros(Precision.SINGLE, 2, 2);
    card.standinFail("cuLaunchKernel", ILLEGAL_ADDRESS);
    assertThatThrownBy(() -> device.scale(2, x))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("cuLaunchKernel of scale_f failed")
        .hasMessageContaining("700");
    card.standinFail("", 0);
    assertThatThrownBy(() -> device.values(x))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("cuLaunchKernel");
    x.close();
    device.close();
  }

  @Test
  void aFailureThatIsNotTheEndIsNamedAndPasses() {
    try (CudaDevice device = CudaDevice.open(0, ProductPrecision.FLOAT32);
        Tensor x = device.tensor(Precision.SINGLE, 1, 1, 3)) {
      card.standinFail("cublasGemmEx", 13);
      assertThatThrownBy(() -> device.multiply(1, x, x, 0, device.empty(Precision.SINGLE, 1, 1)))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("cublasGemmEx");
      card.standinFail("", 0);
      assertThat(device.values(x)).containsExactly(3);
    }
  }

  @Test
  void tensorsOfOtherDevicesAreRefused() {
    try (CudaDevice device = CudaDevice.open(0, ProductPrecision.FLOAT32)) {
      assertThatThrownBy(() -> device.scale(1, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("A tensor is missing");
    }
  }

  @Test
  void aBfloat16CopyOfATensorFollowsWhatIsWrittenToIt() {
    try (CudaDevice device = CudaDevice.open(0, ProductPrecision.BFLOAT16);
        TensorScope scope = new TensorScope(device)) {
      Tensor x = scope.own(device.tensor(Precision.SINGLE, 2, 1, 1, 2));
      Tensor one = scope.own(device.tensor(Precision.SINGLE, 1, 1, 1));
      Tensor out = scope.empty(2, 1);
      device.multiply(1, x, one, 0, out);
      assertThat(device.values(out)).containsExactly(1, 2);
      device.upload(new float[] {5}, 0, x.rowRange(1, 2), 0, 1);
      device.multiply(1, x, one, 0, out);
      assertThat(device.values(out)).containsExactly(1, 5);
    }
  }

  /** Large enough that TF32 moves operands, and sums go in several panels. */
  @Test
  void largeProductsInTf32AreThoseInSinglePrecision() {
    double[][] results = new double[2][];
    for (ProductPrecision each :
        new ProductPrecision[] {ProductPrecision.FLOAT32, ProductPrecision.TF32}) {
      try (CudaDevice device = CudaDevice.open(0, each);
          TensorScope scope = new TensorScope(device)) {
        Tensor wide = scope.own(random(device, 3, 1100));
        Tensor square = scope.empty(1100, 1100);
        device.multiply(1, wide.transposed(), wide, 0, square);
        device.gram(0.5, wide, 1, square);
        Tensor narrow = scope.own(random(device, 1100, 5));
        Tensor out = scope.empty(1100, 5);
        device.multiply(1, square, narrow, 0, out);
        Tensor packed = scope.zeros(Precision.DOUBLE, 1, 1100 * 1101 / 2);
        device.addGramPacked(1, wide, packed);
        double[] values = device.values(out);
        double[] sums = device.values(packed);
        double[] all = Arrays.copyOf(values, values.length + sums.length);
        System.arraycopy(sums, 0, all, values.length, sums.length);
        results[each.ordinal()] = all;
      }
    }
    Tolerances.assertClose("products", results[1], results[0], Tolerances.TF32.product());
  }

  /** A little of everything, with shapes that depend on the window. */
  private static double[] step(Device device, int size) {
    try (TensorScope scope = new TensorScope(device)) {
      int tokens = 4 * size;
      Tensor x = scope.own(random(device, tokens, 8));
      Tensor weight = scope.own(random(device, 8, 8));
      Tensor q = scope.empty(tokens, 8);
      device.multiply(1, x, weight.transposed(), 0, q);
      device.activate(Activation.SILU, q, q);
      Tensor out = scope.empty(tokens, 8);
      device.attention(
          new AttentionShape(1, tokens, 2, 2, 4, 0.5), new AttentionInputs(q, x, q), out);
      Tensor sums = scope.zeros(Precision.DOUBLE, 1, 36);
      device.addGramPacked(1, out, sums);
      Tensor full = scope.empty(Precision.DOUBLE, 8, 8);
      device.unpack(sums, full);
      device.addDiagonal(full, 1);
      device.cholesky(full);
      device.inverseFromCholesky(full);
      device.embedBackward(new int[tokens], out, weight);
      return device.values(full);
    }
  }

  private static Tensor random(Device device, int rows, int columns) {
    Random random = new Random(rows * 31L + columns);
    double[] values = random.doubles((long) rows * columns, -1, 1).toArray();
    return device.tensor(Precision.SINGLE, rows, columns, values);
  }
}
