package org.llmsurgeon.compute.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/** Measures a device. The first measurement is the ceiling: large square products. */
public final class DeviceBenchmark {
  /** Matches the name of the measurement of a block with the sums of its factors. */
  public static final String WITH_FACTORS = "block .*: with factors";

  /** Matches the name of the measurement of an inverse in double. */
  public static final String INVERSE_IN_DOUBLE = "Cholesky and inverse of .* in double";

  private static final int WARM_UPS = 2;

  private final Device device;
  private final BlockShape shape;
  private final int repeats;
  private final Consumer<Measurement> each;

  /**
   * @param device what is measured
   * @param shape of the block
   * @param repeats how often each step is timed
   * @param each takes every measurement as soon as it is there
   */
  public DeviceBenchmark(Device device, BlockShape shape, int repeats, Consumer<Measurement> each) {
    this.device = device;
    this.shape = shape;
    this.repeats = repeats;
    this.each = each;
  }

  /** All measurements, in their order. */
  public List<Measurement> run() {
    List<Measurement> all = new ArrayList<>();
    all.add(ceiling());
    all.addAll(block());
    all.addAll(factorisations());
    all.add(cut());
    return all;
  }

  /** Square products in single precision, at a size that fills the device. */
  public Measurement ceiling() {
    int n = 2 * shape.width();
    try (TensorScope scope = new TensorScope(device)) {
      Tensor a = scope.own(Draw.tensor(device, 1, n, n, 1));
      Tensor b = scope.own(Draw.tensor(device, 2, n, n, 1));
      Tensor c = scope.empty(n, n);
      return timed(
          "product " + n + " x " + n + " x " + n,
          2.0 * n * n * n,
          () -> device.multiply(1, a, b, 0, c));
    }
  }

  /** A block, without and with the sums of its factors. */
  public List<Measurement> block() {
    String name =
        "block of width %d, inner width %d, %d heads, %d tokens: "
            .formatted(shape.width(), shape.inner(), shape.heads(), shape.tokens());
    try (Block block = new Block(device, shape)) {
      Measurement pass = timed(name + "forward and backward", shape.passFlops(), block::pass);
      Measurement factors =
          timed(
              name + "with factors",
              shape.passFlops() + shape.factorFlops(),
              () -> {
                block.pass();
                block.addFactors();
              });
      return List.of(pass, factors);
    }
  }

  /** Cholesky and inverse of the factor of the inner width, in both precisions. */
  public List<Measurement> factorisations() {
    List<Measurement> all = new ArrayList<>();
    for (Precision precision : Precision.values()) {
      int n = shape.inner();
      try (TensorScope scope = new TensorScope(device)) {
        Tensor x = scope.own(Draw.tensor(device, 3, n + n / 2, n, 1));
        Tensor packed = scope.zeros(Precision.DOUBLE, 1, Math.toIntExact((long) n * (n + 1L) / 2));
        device.addGramPacked(1, x, packed);
        Tensor full = scope.empty(precision, n, n);
        String name = " of " + n + " x " + n + " in " + precision.name().toLowerCase(Locale.ROOT);
        double third = (double) n * n * n / 3;
        all.add(
            timed(
                "Cholesky" + name,
                third,
                () -> {
                  device.unpack(packed, full);
                  device.cholesky(full);
                }));
        all.add(
            timed(
                "Cholesky and inverse" + name,
                3 * third,
                () -> {
                  device.unpack(packed, full);
                  device.cholesky(full);
                  device.inverseFromCholesky(full);
                }));
      }
    }
    return all;
  }

  /**
   * A fifth of the inputs of the layer down, removed with the exact update of the rest: {@code W -=
   * W_R (H_RR)^-1 H_R}, for {@code H} the inverse of the factor.
   */
  public Measurement cut() {
    int rows = shape.width();
    int n = shape.inner();
    int[] gone = IntStream.range(0, n / 5).map(i -> 5 * i).toArray();
    int k = gone.length;
    try (TensorScope scope = new TensorScope(device)) {
      Tensor x = scope.own(Draw.tensor(device, 3, n + n / 2, n, 1));
      Tensor inverse = scope.zeros(Precision.SINGLE, n, n);
      device.gram(1, x, 0, inverse);
      device.mirror(inverse);
      Tensor weight = scope.own(Draw.tensor(device, 4, rows, n, 1));
      Tensor block = scope.empty(k, k);
      Tensor some = scope.empty(k, n);
      Tensor taken = scope.empty(rows, k);
      Tensor sides = scope.empty(k, rows);
      Tensor one = scope.zeros(Precision.SINGLE, k, k);
      device.addDiagonal(one, 1);
      double flops = (double) k * k * k / 3 + 2.0 * k * k * rows + 2.0 * rows * k * n;
      return timed(
          "cut of " + k + " inputs of " + rows + " x " + n,
          flops,
          () -> {
            device.gather(inverse, gone, gone, block);
            device.gather(inverse, gone, null, some);
            device.gather(weight, null, gone, taken);
            device.cholesky(block);
            device.multiply(1, one, taken.transposed(), 0, sides);
            device.solveCholesky(block, sides);
            device.multiply(-1, sides.transposed(), some, 1, weight);
          });
    }
  }

  private Measurement timed(String name, double flops, Runnable step) {
    for (int i = 0; i < WARM_UPS; i++) {
      step.run();
    }
    double[] seconds = new double[repeats];
    for (int i = 0; i < repeats; i++) {
      device.synchronize();
      long start = System.nanoTime();
      step.run();
      device.synchronize();
      seconds[i] = (System.nanoTime() - start) * 1e-9;
    }
    Arrays.sort(seconds);
    Measurement measurement = new Measurement(name, seconds[repeats / 2], flops);
    each.accept(measurement);
    return measurement;
  }
}
