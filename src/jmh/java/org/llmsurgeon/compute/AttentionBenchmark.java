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
 * Causal attention and its backward on the cpu device, at the sizes of SmolLM2-135M: 2048 tokens in
 * sequences of the length given, 9 heads over 3 key/value heads of 64 dimensions. Run with {@code
 * OPENBLAS_NUM_THREADS=1}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class AttentionBenchmark {
  private static final int TOKENS = 2048;
  private static final int HEADS = 9;
  private static final int KEY_VALUE_HEADS = 3;
  private static final int HEAD_DIMENSION = 64;

  /** Tokens of a sequence. */
  @Param({"256", "1024", "2048"})
  int length;

  private CpuDevice device;
  private TensorScope scope;
  private AttentionShape shape;
  private AttentionInputs inputs;
  private AttentionInputs gradients;
  private Tensor out;
  private Tensor dOut;

  /** Makes the tensors. */
  @Setup(Level.Trial)
  public void start() {
    device = CpuDevice.create();
    scope = new TensorScope(device);
    double scale = 1 / Math.sqrt(HEAD_DIMENSION);
    shape =
        new AttentionShape(TOKENS / length, length, HEADS, KEY_VALUE_HEADS, HEAD_DIMENSION, scale);
    inputs = new AttentionInputs(random(HEADS), random(KEY_VALUE_HEADS), random(KEY_VALUE_HEADS));
    gradients =
        new AttentionInputs(random(HEADS), random(KEY_VALUE_HEADS), random(KEY_VALUE_HEADS));
    out = random(HEADS);
    dOut = random(HEADS);
    device.attention(shape, inputs, out);
  }

  private Tensor random(int heads) {
    Random random = new Random(heads);
    double[] values = random.doubles((long) TOKENS * heads * HEAD_DIMENSION, -1, 1).toArray();
    return scope.own(device.tensor(Precision.SINGLE, TOKENS, heads * HEAD_DIMENSION, values));
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void stop() {
    scope.close();
    device.close();
  }

  /** Outputs from queries, keys and values. */
  @Benchmark
  public void forward() {
    device.attention(shape, inputs, out);
  }

  /** Gradients of queries, keys and values. */
  @Benchmark
  public void backward() {
    device.attentionBackward(shape, inputs, out, dOut, gradients);
  }
}
