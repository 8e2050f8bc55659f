package org.llmsurgeon.compute;

import java.util.Arrays;

/** Cross-entropy of the cpu device. Rows are read tile by tile: a vocabulary may be large. */
final class CpuLosses {
  private static final int TILE = CpuElementwise.TILE;

  private final CpuRowKernels kernels;

  CpuLosses(CpuRowKernels kernels) {
    this.kernels = kernels;
  }

  void crossEntropy(CpuTensor logits, int[] targets, double[] losses) {
    check(logits, targets, losses);
    CpuMemory memory = logits.reading();
    float[] tile = new float[CpuRowKernels.padded(Math.min(TILE, logits.columns()))];
    Arrays.fill(losses, 0);
    for (int t = 0; t < targets.length; t++) {
      if (targets[t] >= 0) {
        LogSum sum = logSum(logits, t, tile);
        losses[t] = sum.value() - memory.read(logits.row(t) + targets[t]);
      }
    }
  }

  void crossEntropyBackward(CpuTensor logits, int[] targets, double[] weights) {
    check(logits, targets, weights);
    CpuMemory memory = logits.writing();
    int width = logits.columns();
    float[] tile = new float[CpuRowKernels.padded(Math.min(TILE, width))];
    for (int t = 0; t < targets.length; t++) {
      long row = logits.row(t);
      if (targets[t] < 0) {
        memory.clear(row, width);
        continue;
      }
      LogSum sum = logSum(logits, t, tile);
      double right = memory.read(row + targets[t]);
      float factor = (float) (weights[t] / sum.scaled());
      for (int at = 0; at < width; at += TILE) {
        int n = Math.min(TILE, width - at);
        memory.read(row + at, tile, 0, n);
        kernels.exponentials(tile, sum.max(), n);
        for (int j = 0; j < n; j++) {
          tile[j] *= factor;
        }
        memory.write(row + at, tile, 0, n);
      }
      double probability = Math.exp(right - sum.max()) / sum.scaled();
      memory.write(row + targets[t], weights[t] * (probability - 1));
    }
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

  private static void check(CpuTensor logits, int[] targets, double[] perRow) {
    logits.requireSingle();
    ShapeChecks.length("targets", targets.length, logits.rows());
    ShapeChecks.length("what is kept for each row", perRow.length, logits.rows());
    ShapeChecks.indices("targets", targets, -1, logits.columns());
  }
}
