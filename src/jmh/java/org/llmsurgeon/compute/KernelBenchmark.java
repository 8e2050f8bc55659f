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

/**
 * Row kernels and grams of the cpu device on {@code [1024, width]}: what a block does besides its
 * matrix products, and what the curvature adds to it. Run with {@code OPENBLAS_NUM_THREADS=1}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class KernelBenchmark {
  private static final int TOKENS = 1024;

  /** Columns. */
  @Param({"576", "1536"})
  int width;

  private CpuDevice device;
  private TensorScope scope;
  private Tensor x;
  private Tensor y;
  private Tensor dOut;
  private Gated gradients;
  private Tensor square;
  private Tensor packedSingle;
  private Tensor packedDouble;
  private Norm norm;

  /** Makes the tensors. */
  @Setup(Level.Trial)
  public void start() {
    device = CpuDevice.create();
    scope = new TensorScope(device);
    x = random(TOKENS, 1);
    y = random(TOKENS, 2);
    dOut = random(TOKENS, 3);
    gradients = new Gated(random(TOKENS, 4), random(TOKENS, 5));
    square = scope.zeros(Precision.SINGLE, width, width);
    int packed = width * (width + 1) / 2;
    packedSingle = scope.zeros(Precision.SINGLE, 1, packed);
    packedDouble = scope.zeros(Precision.DOUBLE, 1, packed);
    norm = new Norm(Norm.Kind.RMS, random(1, 6), null, 1e-5);
  }

  private Tensor random(int rows, long seed) {
    double[] values = new Random(seed).doubles((long) rows * width, -1, 1).toArray();
    return scope.own(device.tensor(Precision.SINGLE, rows, width, values));
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void stop() {
    scope.close();
    device.close();
  }

  /** Full product, twice the flops of a gram: the yardstick. */
  @Benchmark
  public void fullGram() {
    device.multiply(1, x.transposed(), x, 0, square);
  }

  /** One triangle. */
  @Benchmark
  public void gram() {
    device.gram(1, x, 0, square);
  }

  /** One triangle, added to a packed sum in single. */
  @Benchmark
  public void addGramPackedSingle() {
    device.addGramPacked(1, x, packedSingle);
  }

  /** One triangle, added to a packed sum in double. */
  @Benchmark
  public void addGramPackedDouble() {
    device.addGramPacked(1, x, packedDouble);
  }

  /** Root mean square norm. */
  @Benchmark
  public void normalize() {
    device.normalize(norm, x, y);
  }

  /** Its gradient, added to another. */
  @Benchmark
  public void normalizeBackward() {
    device.normalizeBackward(norm, x, dOut, y);
  }

  /** {@code silu(gate) * up}. */
  @Benchmark
  public void gate() {
    device.gate(Activation.SILU, new Gated(x, dOut), y);
  }

  /** Its gradients. */
  @Benchmark
  public void gateBackward() {
    device.gateBackward(Activation.SILU, new Gated(x, y), dOut, gradients);
  }

  /** GELU by the error function. */
  @Benchmark
  public void gelu() {
    device.activate(Activation.GELU, x, y);
  }
}
