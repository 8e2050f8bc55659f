package org.llmsurgeon.compute;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Cholesky factors and inverses of curvature factors on the cpu device, in double. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class FactorisationBenchmark {
  /** Rows of the factor. */
  @Param({"576", "1536", "2048"})
  int size;

  private CpuDevice device;
  private TensorScope scope;
  private Tensor packed;
  private Tensor full;

  /** Makes a factor of half as many tokens again as it has rows. */
  @Setup(Level.Trial)
  public void start() {
    device = CpuDevice.create();
    scope = new TensorScope(device);
    int tokens = 3 * size / 2;
    double[] values = new Random(1).doubles((long) tokens * size, -1, 1).toArray();
    packed = scope.zeros(Precision.DOUBLE, 1, size * (size + 1) / 2);
    full = scope.empty(Precision.DOUBLE, size, size);
    try (Tensor x = device.tensor(Precision.SINGLE, tokens, size, values)) {
      device.addGramPacked(1, x, packed);
    }
  }

  /** Frees it. */
  @TearDown(Level.Trial)
  public void stop() {
    scope.close();
    device.close();
  }

  /** The full matrix, from its packed triangle. */
  @Benchmark
  public void unpack() {
    device.unpack(packed, full);
  }

  /** {@code n^3 / 3} operations. */
  @Benchmark
  public int cholesky() {
    device.unpack(packed, full);
    return device.cholesky(full);
  }

  /** {@code n^3} operations. */
  @Benchmark
  public void inverse() {
    device.unpack(packed, full);
    device.cholesky(full);
    device.inverseFromCholesky(full);
  }
}
