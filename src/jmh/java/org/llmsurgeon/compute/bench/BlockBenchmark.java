package org.llmsurgeon.compute.bench;

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
 * One block of a transformer on the cpu device, forward and backward, over one sequence of 512
 * tokens; {@code width} is that of SmolLM2-135M, of small models, and of models of a billion
 * weights.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class BlockBenchmark {
  private static final int TOKENS = 512;
  private static final int HEAD = 64;

  /** Of the residual stream; the feed-forward is 8 / 3 times as wide. */
  @Param({"576", "768", "2048"})
  int width;

  private CpuDevice device;
  private Block block;

  /** Makes the block. */
  @Setup(Level.Trial)
  public void start() {
    device = CpuDevice.create();
    block = new Block(device, new BlockShape(width, 8 * width / 3, width / HEAD, TOKENS));
  }

  /** Frees it. */
  @TearDown(Level.Trial)
  public void stop() {
    block.close();
    device.close();
  }

  /** Forward, and the gradients of all activations. */
  @Benchmark
  public void pass() {
    block.pass();
  }

  /** The same with the sums of the block's factors. */
  @Benchmark
  public void passWithFactors() {
    block.pass();
    block.addFactors();
  }
}
