package org.llmsurgeon.compute.cpu;

import java.util.Arrays;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.kernel.CpuRowKernels;
import org.llmsurgeon.compute.cpu.operand.BufferPool;
import org.llmsurgeon.compute.cpu.operand.CpuBlas;
import org.llmsurgeon.compute.cpu.operand.CpuMatrix;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;

/**
 * Attention of the cpu device. Per sequence and head, a block of query rows at a time: of a causal
 * one only scores at or left of the diagonal are computed, in a scratch of one block of rows. The
 * backward computes them again.
 */
final class CpuAttention {
  /** Query rows at once: few enough that little is computed right of the diagonal. */
  private static final int BLOCK = 96;

  private final CpuRowKernels kernels;
  private final BufferPool pool;

  /**
   * @param pool for scores
   */
  CpuAttention(CpuRowKernels kernels, BufferPool pool) {
    this.kernels = kernels;
    this.pool = pool;
  }

  void forward(AttentionShape shape, AttentionInputs in, CpuTensor out) {
    check(shape, in, out);
    out.mustNotOverlap(tensors(in));
    out.writing();
    try (CpuTensor scratch = scratch(shape)) {
      Rows rows = new Rows(shape);
      forEachBlock(
          shape,
          place -> {
            Block block = Block.of(shape, in, place);
            CpuMatrix p = probabilities(shape, block, scratch, null, rows);
            CpuBlas.multiply(1, p, block.values(), 0, place.queryRows(shape, out));
          });
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
    CpuTensor[] read = tensors(in);
    for (CpuTensor written : tensors(gradients)) {
      written.mustNotOverlap(out, dOut);
      written.mustNotOverlap(read);
    }
    out.reading();
    CpuElementwise.scale(0, CpuTensor.of(gradients.keys()));
    CpuElementwise.scale(0, CpuTensor.of(gradients.values()));
    try (CpuTensor scratch = scratch(shape);
        CpuTensor dScratch = scratch(shape);
        CpuTensor slopes = shape.softCap() > 0 ? scratch(shape) : null) {
      Rows rows = new Rows(shape);
      forEachBlock(
          shape,
          place -> {
            Block block = Block.of(shape, in, place);
            CpuMatrix slope = slopes == null ? null : scores(slopes, block);
            CpuMatrix p = probabilities(shape, block, scratch, slope, rows);
            CpuMatrix dBlock = place.queryRows(shape, dOut);
            CpuMatrix dScores = scores(dScratch, block);
            CpuBlas.multiply(1, dBlock, block.values().transpose(), 0, dScores);
            scoreGradients(shape, block.from(), new CpuMatrix[] {p, dScores, slope}, rows);
            Block d = Block.of(shape, gradients, place);
            CpuBlas.multiply(1, p.transpose(), dBlock, 1, d.values());
            CpuBlas.multiply(shape.scale(), dScores, block.keys(), 0, d.queries());
            CpuBlas.multiply(shape.scale(), dScores.transpose(), block.queries(), 1, d.keys());
          });
    }
  }

  private static void check(AttentionShape shape, AttentionInputs in, CpuTensor out) {
    CpuTensor.of(in.queries()).requireSingle();
    ShapeChecks.samePrecision(in.queries(), in.keys(), in.values(), out);
    ShapeChecks.attention(shape);
    ShapeChecks.attentionInputs(shape, in);
    ShapeChecks.sameShape("queries", in.queries(), "out", out);
  }

  private static CpuTensor[] tensors(AttentionInputs of) {
    return new CpuTensor[] {
      CpuTensor.of(of.queries()), CpuTensor.of(of.keys()), CpuTensor.of(of.values())
    };
  }

  private CpuTensor scratch(AttentionShape shape) {
    int rows = Math.min(BLOCK, shape.length());
    long count = (long) rows * shape.length();
    return new CpuTensor(pool.acquire(Precision.SINGLE, count, false), pool, rows, shape.length());
  }

  private interface BlockTask {
    void run(Place place);
  }

  private static void forEachBlock(AttentionShape shape, BlockTask task) {
    if (shape.headDimension() == 0) {
      return;
    }
    for (int sequence = 0; sequence < shape.sequences(); sequence++) {
      for (int head = 0; head < shape.heads(); head++) {
        for (int from = 0; from < shape.length(); from += BLOCK) {
          int to = Math.min(shape.length(), from + BLOCK);
          task.run(new Place(sequence, head, from, to));
        }
      }
    }
  }

  /** Room for the scores of a block, dense at the start of a scratch. */
  private static CpuMatrix scores(CpuTensor scratch, Block block) {
    int width = block.keys().rows();
    return new CpuMatrix(scratch, 0, width, block.queries().rows(), width, false);
  }

  /**
   * Softmax of the scores of a block; 0 for the keys that a row does not see: those right of the
   * diagonal of a causal attention, and those left of its window.
   *
   * @param slope takes the derivatives of the bound on the scores; null where nobody needs them
   */
  private CpuMatrix probabilities(
      AttentionShape shape, Block block, CpuTensor scratch, CpuMatrix slope, Rows rows) {
    CpuMatrix scores = scores(scratch, block);
    CpuBlas.multiply(shape.scale(), block.queries(), block.keys().transpose(), 0, scores);
    CpuMemory memory = scratch.writing();
    int width = scores.columns();
    float[] row = rows.p;
    for (int i = 0; i < scores.rows(); i++) {
      int first = shape.firstKey(block.from() + i);
      long at = scores.row(i);
      int n = shape.keysEnd(block.from() + i) - first;
      memory.read(at + first, row, 0, n);
      if (shape.softCap() > 0) {
        bound(shape.softCap(), n, rows);
        if (slope != null) {
          slope.tensor().writing().write(slope.row(i) + first, rows.dp, 0, n);
        }
      }
      double sum = kernels.exponentials(row, kernels.max(row, n), n);
      float factor = (float) (1 / sum);
      for (int j = 0; j < n; j++) {
        row[j] *= factor;
      }
      Arrays.fill(row, n, width, 0f);
      memory.write(at + first, row, 0, width - first);
      if (first > 0) {
        Arrays.fill(row, 0, first, 0f);
        memory.write(at, row, 0, first);
      }
    }
    return scores;
  }

  /** {@code s <- cap tanh(s / cap)} in {@code rows.p}, and its derivative in {@code rows.dp}. */
  private static void bound(double cap, int n, Rows rows) {
    for (int j = 0; j < n; j++) {
      double tanh = Math.tanh(rows.p[j] / cap);
      rows.p[j] = (float) (cap * tanh);
      rows.dp[j] = (float) ((1 - tanh) * (1 + tanh));
    }
  }

  /**
   * {@code dS = P * (dP - rowsum(P * dP))}, in place of {@code dP}. The sum equals {@code
   * rowsum(dOut * out)}, but taken from the same numbers as what it is subtracted from: a row that
   * sees one key gets exactly 0.
   *
   * @param from first query of the block
   * @param of {@code P}, {@code dP}, and the slope of the bound on the scores or null
   */
  private void scoreGradients(AttentionShape shape, int from, CpuMatrix[] of, Rows rows) {
    CpuMatrix p = of[0];
    CpuMatrix dp = of[1];
    CpuMatrix slope = of[2];
    int width = p.columns();
    CpuMemory memory = dp.tensor().writing();
    for (int i = 0; i < p.rows(); i++) {
      int first = shape.firstKey(from + i);
      int n = shape.keysEnd(from + i) - first;
      p.tensor().reading().read(p.row(i) + first, rows.p, 0, n);
      memory.read(dp.row(i) + first, rows.dp, 0, n);
      float shift = (float) kernels.dot(rows.p, rows.dp, n);
      kernels.softmaxBackward(rows.p, rows.dp, shift, n);
      if (slope != null) {
        slope.tensor().reading().read(slope.row(i) + first, rows.p, 0, n);
        for (int j = 0; j < n; j++) {
          rows.dp[j] *= rows.p[j];
        }
      }
      Arrays.fill(rows.dp, n, width, 0f);
      memory.write(dp.row(i) + first, rows.dp, 0, width - first);
      if (first > 0) {
        Arrays.fill(rows.dp, 0, first, 0f);
        memory.write(dp.row(i), rows.dp, 0, first);
      }
    }
  }

  /** Query rows {@code from} to {@code to} of one head of one sequence. */
  private record Place(int sequence, int head, int from, int to) {
    /** The columns of this head in the rows of this block. */
    CpuMatrix queryRows(AttentionShape shape, CpuTensor x) {
      return columns(shape, x, head).rowRange(from, to);
    }

    /** The columns of the key/value head that this one reads, in all rows that it may see. */
    CpuMatrix keyRows(AttentionShape shape, CpuTensor x) {
      int group = head / (shape.heads() / shape.keyValueHeads());
      return columns(shape, x, group).rowRange(0, shape.keysEnd(to - 1));
    }

    private CpuMatrix columns(AttentionShape shape, CpuTensor x, int of) {
      int width = shape.headDimension();
      long start = (long) sequence * shape.length() * x.columns() + (long) of * width;
      return new CpuMatrix(x, start, x.columns(), shape.length(), width, false);
    }
  }

  /**
   * What a block works on.
   *
   * @param from its first query
   * @param queries {@code [block, headDimension]}
   * @param keys {@code [seen, headDimension]}, up to the last that a row of the block sees
   * @param values as {@code keys}
   */
  private record Block(int from, CpuMatrix queries, CpuMatrix keys, CpuMatrix values) {
    static Block of(AttentionShape shape, AttentionInputs in, Place place) {
      return new Block(
          place.from(),
          place.queryRows(shape, CpuTensor.of(in.queries())),
          place.keyRows(shape, CpuTensor.of(in.keys())),
          place.keyRows(shape, CpuTensor.of(in.values())));
    }
  }

  /** Heap copies of single rows. */
  private static final class Rows {
    private final float[] p;
    private final float[] dp;

    Rows(AttentionShape shape) {
      p = new float[CpuRowKernels.padded(shape.length())];
      dp = new float[p.length];
    }
  }
}
