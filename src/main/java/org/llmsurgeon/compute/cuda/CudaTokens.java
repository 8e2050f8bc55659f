package org.llmsurgeon.compute.cuda;

import java.util.Arrays;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cuda.operand.CudaKernels;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaScratch;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;

/** Embeddings, cross-entropy and draws of the cuda device. */
final class CudaTokens {
  private static final int IGNORED = -1;

  private final CudaParts parts;
  private final CudaKernels kernels;

  CudaTokens(CudaParts parts) {
    this.parts = parts;
    this.kernels = parts.kernels();
  }

  void embed(CudaTensor table, int[] ids, CudaTensor out) {
    ShapeChecks.shape("out", out, ids.length, table.columns());
    ShapeChecks.indices("ids", ids, 0, table.rows());
    ShapeChecks.samePrecision(table, out);
    table.requireSingle();
    out.mustNotOverlap(table);
    table.reading();
    if (out.size() == 0) {
      return;
    }
    try (CudaScratch scratch = parts.scratch()) {
      kernels
          .of("gather_f")
          .reading(table)
          .wide(parts.integers(ids, scratch))
          .wide(0)
          .writing(out)
          .whole(out.columns())
          .whole(table.columns())
          .rows(out.rows(), out.columns());
    }
  }

  void embedBackward(int[] ids, CudaTensor dOut, CudaTensor dTable) {
    ShapeChecks.shape("dOut", dOut, ids.length, dTable.columns());
    ShapeChecks.indices("ids", ids, 0, dTable.rows());
    ShapeChecks.samePrecision(dOut, dTable);
    dOut.requireSingle();
    dTable.mustNotOverlap(dOut);
    if (dOut.size() == 0) {
      return;
    }
    TokenGroups groups = TokenGroups.of(ids);
    try (CudaScratch scratch = parts.scratch()) {
      kernels
          .of("embedBackward")
          .wide(parts.integers(groups.ids(), scratch))
          .wide(parts.integers(groups.starts(), scratch))
          .wide(parts.integers(groups.order(), scratch))
          .reading(dOut)
          .writing(dTable)
          .whole(dTable.columns())
          .rows(groups.ids().length, dTable.columns());
    }
  }

  /**
   * Tokens by their id, each id's in their order.
   *
   * @param ids the ids that occur
   * @param starts where each id's tokens begin in the order, and where the last ones end
   * @param order places of the tokens
   */
  private record TokenGroups(int[] ids, int[] starts, int[] order) {
    static TokenGroups of(int[] tokens) {
      long[] sorted = new long[tokens.length];
      for (int t = 0; t < tokens.length; t++) {
        sorted[t] = (long) tokens[t] << Integer.SIZE | t;
      }
      Arrays.sort(sorted);
      int[] ids = new int[tokens.length];
      int[] starts = new int[tokens.length + 1];
      int[] order = new int[tokens.length];
      int groups = 0;
      for (int i = 0; i < sorted.length; i++) {
        int id = (int) (sorted[i] >> Integer.SIZE);
        order[i] = (int) sorted[i];
        if (groups == 0 || ids[groups - 1] != id) {
          ids[groups] = id;
          starts[groups++] = i;
        }
      }
      starts[groups] = tokens.length;
      return new TokenGroups(Arrays.copyOf(ids, groups), Arrays.copyOf(starts, groups + 1), order);
    }
  }

  void crossEntropy(CudaTensor logits, int[] targets, CudaTensor losses) {
    logits.reading();
    logits.requireSingle();
    ShapeChecks.length("targets", targets.length, logits.rows());
    ShapeChecks.indices("targets", targets, IGNORED, logits.columns());
    ShapeChecks.perRow("losses", losses, logits);
    if (targets.length == 0) {
      return;
    }
    try (CudaScratch scratch = parts.scratch()) {
      kernels
          .of("crossEntropy")
          .reading(logits)
          .wide(parts.integers(targets, scratch))
          .writing(losses)
          .whole(logits.columns())
          .rows(logits.rows(), logits.columns());
    }
  }

  void crossEntropyBackward(CudaTensor logits, CudaTensor goals, double[] weights) {
    logits.reading();
    logits.requireSingle();
    ShapeChecks.perRow("goals", goals, logits);
    ShapeChecks.length("weights", weights.length, logits.rows());
    if (weights.length == 0) {
      return;
    }
    try (CudaScratch scratch = parts.scratch()) {
      kernels
          .of("crossEntropyBackward")
          .writing(logits)
          .reading(goals)
          .wide(parts.doubles(weights, scratch))
          .whole(logits.columns())
          .rows(logits.rows(), logits.columns());
    }
  }

  void sample(CudaTensor logits, double[] uniforms, CudaTensor drawn) {
    ShapeChecks.length("uniforms", uniforms.length, logits.rows());
    ShapeChecks.perRow("drawn", drawn, logits);
    logits.reading();
    logits.requireSingle();
    if (logits.size() == 0) {
      return;
    }
    try (CudaScratch scratch = parts.scratch()) {
      kernels
          .of("sample")
          .reading(logits)
          .wide(parts.doubles(uniforms, scratch))
          .writing(drawn)
          .whole(logits.columns())
          .rows(logits.rows(), logits.columns());
    }
  }
}
