package org.llmsurgeon.compute;

import java.util.Arrays;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The way out of SmolLM2-135M on the cpu device, 256 tokens over its vocabulary of 49,152: the
 * product that gives the logits, and what is done to them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class LossBenchmark {
  private static final int TOKENS = 256;
  private static final int WIDTH = 576;
  private static final int VOCABULARY = 49_152;

  private CpuDevice device;
  private TensorScope scope;
  private Tensor features;
  private Tensor weight;
  private Tensor logits;
  private Tensor losses;
  private Tensor goals;
  private final int[] targets = new int[TOKENS];
  private final double[] weights = new double[TOKENS];

  /** Makes the tensors. */
  @Setup(Level.Trial)
  public void start() {
    device = CpuDevice.create();
    scope = new TensorScope(device);
    features = random(TOKENS, 1);
    weight = random(VOCABULARY, 2);
    logits = scope.empty(TOKENS, VOCABULARY);
    Arrays.setAll(targets, t -> t * (VOCABULARY / TOKENS));
    Arrays.fill(weights, 1.0 / TOKENS);
    double[] columns = Arrays.stream(targets).asDoubleStream().toArray();
    goals = scope.own(device.tensor(Precision.DOUBLE, TOKENS, 1, columns));
    losses = scope.empty(Precision.DOUBLE, TOKENS, 1);
    product();
  }

  private Tensor random(int rows, long seed) {
    double[] values = new Random(seed).doubles((long) rows * WIDTH, -1, 1).toArray();
    return scope.own(device.tensor(Precision.SINGLE, rows, WIDTH, values));
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void stop() {
    scope.close();
    device.close();
  }

  /** The yardstick. */
  @Benchmark
  public void product() {
    device.multiply(1, features, weight.transposed(), 0, logits);
  }

  /** Losses alone. */
  @Benchmark
  public Tensor losses() {
    device.crossEntropy(logits, targets, losses);
    return losses;
  }

  /** Logits, losses and their gradients in the logits' place. */
  @Benchmark
  public Tensor productLossesAndGradients() {
    product();
    device.crossEntropyAndBackward(logits, targets, losses, goals, weights);
    return losses;
  }
}
