package org.llmsurgeon.compute;

import java.util.Arrays;

/**
 * Causal attention of the cpu device. Per sequence and head, a block of query rows at a time: only
 * scores at or left of the diagonal are computed, in a scratch of one block of rows. The backward
 * computes them again.
 */
final class CpuAttention {
  /** Query rows at once; see {@code AttentionBenchmark}. */
  private static final int BLOCK = 128;

  private final CpuRowKernels kernels;
  private final BufferPool pool;

  CpuAttention(CpuRowKernels kernels, BufferPool pool) {
    this.kernels = kernels;
    this.pool = pool;
  }

  void forward(AttentionShape shape, AttentionInputs in, CpuTensor out) {
    check(shape, in, out);
    out.writing();
    if (out.size() == 0) {
      return;
    }
    try (CpuTensor scratch = scratch(shape)) {
      float[] row = new float[CpuRowKernels.padded(shape.length())];
      for (int s = 0; s < shape.sequences(); s++) {
        for (int h = 0; h < shape.heads(); h++) {
          Head head = Head.of(shape, in, s, h);
          CpuMatrix result = head(shape, out, s, h);
          for (int from = 0; from < shape.length(); from += BLOCK) {
            int to = Math.min(shape.length(), from + BLOCK);
            CpuMatrix p = probabilities(shape, head, from, to, scratch, row);
            CpuBlas.multiply(1, p, head.values().rowRange(0, to), 0, result.rowRange(from, to));
          }
        }
      }
    }
  }

  void backward(
      AttentionShape shape,
      AttentionInputs in,
      CpuTensor out,
      CpuTensor dOut,
      AttentionInputs gradients) {
    check(shape, in, out);
    check(shape, gradients, dOut);
    out.reading();
    dOut.reading();
    CpuTensor.of(gradients.queries()).writing();
    CpuElementwise.scale(0, CpuTensor.of(gradients.keys()));
    CpuElementwise.scale(0, CpuTensor.of(gradients.values()));
    if (out.size() == 0) {
      return;
    }
    try (CpuTensor scratch = scratch(shape);
        CpuTensor dScratch = scratch(shape)) {
      Rows rows = new Rows(shape.length(), shape.headDimension());
      for (int s = 0; s < shape.sequences(); s++) {
        for (int h = 0; h < shape.heads(); h++) {
          Head head = Head.of(shape, in, s, h);
          Head dHead = Head.of(shape, gradients, s, h);
          CpuMatrix result = head(shape, out, s, h);
          CpuMatrix dResult = head(shape, dOut, s, h);
          for (int from = 0; from < shape.length(); from += BLOCK) {
            int to = Math.min(shape.length(), from + BLOCK);
            CpuMatrix p = probabilities(shape, head, from, to, scratch, rows.p);
            CpuMatrix dBlock = dResult.rowRange(from, to);
            CpuBlas.multiply(1, p.transpose(), dBlock, 1, dHead.values().rowRange(0, to));
            CpuMatrix dScores = block(dScratch, from, to);
            CpuBlas.multiply(1, dBlock, head.values().rowRange(0, to).transpose(), 0, dScores);
            scoreGradients(p, dScores, result.rowRange(from, to), dBlock, from, rows);
            intoQueriesAndKeys(shape.scale(), head, dHead, dScores, from, to);
          }
        }
      }
    }
  }

  /** {@code dQ = scale dS K}, {@code dK += scale dS^T Q} for a block of query rows. */
  private static void intoQueriesAndKeys(
      double scale, Head head, Head dHead, CpuMatrix dScores, int from, int to) {
    CpuMatrix keys = head.keys().rowRange(0, to);
    CpuMatrix queries = head.queries().rowRange(from, to);
    CpuBlas.multiply(scale, dScores, keys, 0, dHead.queries().rowRange(from, to));
    CpuBlas.multiply(scale, dScores.transpose(), queries, 1, dHead.keys().rowRange(0, to));
  }

  /** Softmax of the scores of query rows {@code from} to {@code to}; 0 right of the diagonal. */
  private CpuMatrix probabilities(
      AttentionShape shape, Head head, int from, int to, CpuTensor scratch, float[] row) {
    CpuMatrix scores = block(scratch, from, to);
    CpuMatrix keys = head.keys().rowRange(0, to);
    CpuBlas.multiply(shape.scale(), head.queries().rowRange(from, to), keys.transpose(), 0, scores);
    CpuMemory memory = scratch.writing();
    for (int t = from; t < to; t++) {
      long at = scratch.at(scores.start() + (long) (t - from) * to);
      int n = t + 1;
      memory.read(at, row, 0, n);
      double sum = kernels.exponentials(row, kernels.max(row, n), n);
      float factor = (float) (1 / sum);
      for (int j = 0; j < n; j++) {
        row[j] *= factor;
      }
      Arrays.fill(row, n, to, 0f);
      memory.write(at, row, 0, to);
    }
    return scores;
  }

  /** {@code dS = P * (dP - rowsum(dOut * out))}, in place of {@code dP}. */
  private void scoreGradients(
      CpuMatrix p, CpuMatrix dp, CpuMatrix out, CpuMatrix dOut, int from, Rows rows) {
    int width = p.columns();
    for (int t = from; t < from + p.rows(); t++) {
      int n = t + 1;
      int i = t - from;
      read(out, i, rows.out, out.columns());
      read(dOut, i, rows.dOut, out.columns());
      float shift = (float) kernels.dot(rows.out, rows.dOut, out.columns());
      read(p, i, rows.p, n);
      read(dp, i, rows.dp, n);
      kernels.softmaxBackward(rows.p, rows.dp, shift, n);
      Arrays.fill(rows.dp, n, width, 0f);
      CpuTensor to = dp.tensor();
      to.writing().write(to.at(dp.start() + (long) i * dp.stride()), rows.dp, 0, width);
    }
  }

  private static void read(CpuMatrix from, int row, float[] into, int n) {
    CpuTensor tensor = from.tensor();
    tensor.reading().read(tensor.at(from.start() + (long) row * from.stride()), into, 0, n);
  }

  private CpuTensor scratch(AttentionShape shape) {
    int rows = Math.min(BLOCK, shape.length());
    long count = (long) rows * shape.length();
    return new CpuTensor(pool.acquire(Precision.SINGLE, count, false), pool, rows, shape.length());
  }

  /** The scores of query rows {@code from} to {@code to}, dense at the start of a scratch. */
  private static CpuMatrix block(CpuTensor scratch, int from, int to) {
    return new CpuMatrix(scratch, 0, to, to - from, to, false);
  }

  /** Columns of one head, rows of one sequence. */
  private static CpuMatrix head(AttentionShape shape, CpuTensor x, int sequence, int head) {
    long start =
        (long) sequence * shape.length() * x.columns() + (long) head * shape.headDimension();
    return new CpuMatrix(x, start, x.columns(), shape.length(), shape.headDimension(), false);
  }

  private static void check(AttentionShape shape, AttentionInputs in, CpuTensor out) {
    CpuTensor.of(in.queries()).requireSingle();
    ShapeChecks.samePrecision(in.queries(), in.keys(), in.values(), out);
    ShapeChecks.attention(shape);
    ShapeChecks.attentionInputs(shape, in);
    ShapeChecks.sameShape("queries", in.queries(), "out", out);
  }

  /** What one query head of one sequence works on: {@code [length, headDimension]} each. */
  private record Head(CpuMatrix queries, CpuMatrix keys, CpuMatrix values) {
    static Head of(AttentionShape shape, AttentionInputs in, int sequence, int head) {
      int group = head / (shape.heads() / shape.keyValueHeads());
      return new Head(
          CpuAttention.head(shape, CpuTensor.of(in.queries()), sequence, head),
          CpuAttention.head(shape, CpuTensor.of(in.keys()), sequence, group),
          CpuAttention.head(shape, CpuTensor.of(in.values()), sequence, group));
    }
  }

  /** Heap copies of single rows. */
  private static final class Rows {
    final float[] p;
    final float[] dp;
    final float[] out;
    final float[] dOut;

    Rows(int length, int headDimension) {
      p = new float[CpuRowKernels.padded(length)];
      dp = new float[CpuRowKernels.padded(length)];
      out = new float[CpuRowKernels.padded(headDimension)];
      dOut = new float[CpuRowKernels.padded(headDimension)];
    }
  }
}
