package org.llmsurgeon.compute.cpu;

import java.util.Arrays;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.kernel.CpuRowKernels;
import org.llmsurgeon.compute.cpu.operand.CpuBlas;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;

/** Cross-entropy of the cpu device. Rows are read tile by tile: a vocabulary may be large. */
final class CpuLosses {
  private static final int TILE = CpuElementwise.TILE;

  private final CpuRowKernels kernels;

  CpuLosses(CpuRowKernels kernels) {
    this.kernels = kernels;
  }

  void crossEntropy(CpuTensor logits, int[] targets, CpuTensor out) {
    check(logits, targets);
    ShapeChecks.perRow("losses", out, logits);
    CpuMemory memory = logits.reading();
    float[] tile = new float[CpuRowKernels.padded(Math.min(TILE, logits.columns()))];
    double[] losses = new double[targets.length];
    for (int t = 0; t < targets.length; t++) {
      if (targets[t] >= 0) {
        LogSum sum = logSum(logits, t, tile);
        losses[t] = sum.value() - memory.read(logits.row(t) + targets[t]);
      }
    }
    out.writing().write(out.at(0), losses, 0, losses.length);
  }

  void crossEntropyBackward(CpuTensor logits, CpuTensor goals, double[] weights) {
    int[] columns = columns(logits, goals);
    backward(logits, columns, columns, weights);
  }

  void crossEntropyAndBackward(
      CpuTensor logits, int[] targets, CpuTensor out, CpuTensor goals, double[] weights) {
    check(logits, targets);
    ShapeChecks.perRow("losses", out, logits);
    double[] losses = backward(logits, targets, columns(logits, goals), weights);
    out.writing().write(out.at(0), losses, 0, losses.length);
  }

  private static int[] columns(CpuTensor logits, CpuTensor goals) {
    ShapeChecks.perRow("goals", goals, logits);
    double[] values = new double[goals.rows()];
    goals.reading().read(goals.at(0), values, 0, values.length);
    return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
  }

  /** One exponential for each logit: it is written where the logit was, and scaled at the end. */
  private double[] backward(CpuTensor logits, int[] targets, int[] goals, double[] weights) {
    check(logits, goals);
    ShapeChecks.length("weights", weights.length, logits.rows());
    CpuMemory memory = logits.writing();
    double[] losses = new double[targets.length];
    int width = logits.columns();
    float[] tile = new float[CpuRowKernels.padded(Math.min(TILE, width))];
    for (int t = 0; t < targets.length; t++) {
      long row = logits.row(t);
      if (goals[t] < 0) {
        memory.clear(row, width);
        continue;
      }
      float max = max(logits, t, tile);
      double wanted = memory.read(row + goals[t]);
      double right = targets[t] < 0 ? 0 : memory.read(row + targets[t]);
      double sum = exponentials(logits, t, max, tile);
      losses[t] = targets[t] < 0 ? 0 : max + Math.log(sum) - right;
      CpuBlas.scale(weights[t] / sum, logits.rowRange(t, t + 1));
      double probability = Math.exp(wanted - max) / sum;
      memory.write(row + goals[t], weights[t] * (probability - 1));
    }
    return losses;
  }

  private float max(CpuTensor logits, int t, float[] tile) {
    float max = Float.NEGATIVE_INFINITY;
    for (int at = 0; at < logits.columns(); at += TILE) {
      int n = Math.min(TILE, logits.columns() - at);
      logits.reading().read(logits.row(t) + at, tile, 0, n);
      max = Math.max(max, kernels.max(tile, n));
    }
    return max;
  }

  /** Exponentials of a row less its maximum, in its place, and their sum. */
  private double exponentials(CpuTensor logits, int t, float max, float[] tile) {
    CpuMemory memory = logits.writing();
    double sum = 0;
    for (int at = 0; at < logits.columns(); at += TILE) {
      int n = Math.min(TILE, logits.columns() - at);
      memory.read(logits.row(t) + at, tile, 0, n);
      sum += kernels.exponentials(tile, max, n);
      memory.write(logits.row(t) + at, tile, 0, n);
    }
    return sum;
  }

  /**
   * Logarithm of a sum of exponentials.
   *
   * @param max the largest exponent
   * @param scaled the sum of the exponentials of all exponents less {@code max}
   */
  private record LogSum(float max, double scaled) {
    double value() {
      return max + Math.log(scaled);
    }
  }

  /** In one pass: where a tile brings a larger maximum, the sum so far is scaled to it. */
  private LogSum logSum(CpuTensor logits, int t, float[] tile) {
    CpuMemory memory = logits.reading();
    float max = Float.NEGATIVE_INFINITY;
    double sum = 0;
    for (int at = 0; at < logits.columns(); at += TILE) {
      int n = Math.min(TILE, logits.columns() - at);
      memory.read(logits.row(t) + at, tile, 0, n);
      float larger = Math.max(max, kernels.max(tile, n));
      if (larger != max) {
        sum *= Math.exp((double) max - larger);
        max = larger;
      }
      if (max != Float.NEGATIVE_INFINITY) {
        sum += kernels.exponentials(tile, max, n);
      }
    }
    return new LogSum(max, sum);
  }

  private static void check(CpuTensor logits, int[] targets) {
    logits.requireSingle();
    ShapeChecks.length("targets", targets.length, logits.rows());
    ShapeChecks.indices("targets", targets, -1, logits.columns());
  }
}
