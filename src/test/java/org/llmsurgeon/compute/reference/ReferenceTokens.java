package org.llmsurgeon.compute.reference;

import static org.llmsurgeon.compute.reference.ReferenceTensor.of;

import org.llmsurgeon.compute.NetworkKernels;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/** Embeddings, biases and cross-entropy of {@link ReferenceDevice}, by definition. */
final class ReferenceTokens {
  private static final int IGNORED = -1;

  private ReferenceTokens() {}

  /** See {@link NetworkKernels#embed}. */
  static void embed(Tensor table, int[] ids, Tensor out) {
    ReferenceTensor in = of(table);
    ReferenceTensor result = of(out);
    ShapeChecks.shape("out", out, ids.length, table.columns());
    ShapeChecks.indices("ids", ids, 0, table.rows());
    ShapeChecks.samePrecision(table, out);
    result.mustNotOverlap(in);
    for (int t = 0; t < ids.length; t++) {
      for (int j = 0; j < in.columns(); j++) {
        result.set(t, j, in.at(ids[t], j));
      }
    }
  }

  /** See {@link NetworkKernels#embedBackward}. */
  static void embedBackward(int[] ids, Tensor dOut, Tensor dTable) {
    ReferenceTensor gradient = of(dOut);
    ReferenceTensor sums = of(dTable);
    ShapeChecks.shape("dOut", dOut, ids.length, dTable.columns());
    ShapeChecks.indices("ids", ids, 0, dTable.rows());
    ShapeChecks.samePrecision(dOut, dTable);
    sums.mustNotOverlap(gradient);
    for (int t = 0; t < ids.length; t++) {
      for (int j = 0; j < gradient.columns(); j++) {
        sums.add(ids[t], j, gradient.at(t, j));
      }
    }
  }

  /** See {@link NetworkKernels#addBias}. */
  static void addBias(Tensor bias, Tensor x) {
    ReferenceTensor row = of(bias);
    ReferenceTensor values = of(x);
    ShapeChecks.shape("bias", bias, 1, x.columns());
    ShapeChecks.samePrecision(bias, x);
    values.mustNotOverlap(row);
    for (int t = 0; t < values.rows(); t++) {
      for (int j = 0; j < values.columns(); j++) {
        values.add(t, j, row.at(0, j));
      }
    }
  }

  /** See {@link NetworkKernels#addColumnSums}. */
  static void addColumnSums(Tensor x, Tensor sums) {
    ReferenceTensor values = of(x);
    ReferenceTensor row = of(sums);
    ShapeChecks.shape("sums", sums, 1, x.columns());
    ShapeChecks.samePrecision(x, sums);
    row.mustNotOverlap(values);
    for (int t = 0; t < values.rows(); t++) {
      for (int j = 0; j < values.columns(); j++) {
        row.add(0, j, values.at(t, j));
      }
    }
  }

  /** See {@link NetworkKernels#crossEntropy}. */
  static void crossEntropy(Tensor logits, int[] targets, Tensor losses) {
    ReferenceTensor in = of(logits);
    ReferenceTensor out = of(losses);
    ShapeChecks.length("targets", targets.length, logits.rows());
    ShapeChecks.perRow("losses", losses, logits);
    ShapeChecks.indices("targets", targets, IGNORED, logits.columns());
    for (int t = 0; t < targets.length; t++) {
      // loss = log sum_j exp(z_j) - z_target
      out.set(t, 0, targets[t] == IGNORED ? 0 : logSumExp(in, t) - in.at(t, targets[t]));
    }
  }

  /** See {@link NetworkKernels#crossEntropyBackward}. */
  static void crossEntropyBackward(Tensor logits, Tensor goals, double[] weights) {
    ReferenceTensor values = of(logits);
    ShapeChecks.perRow("goals", goals, logits);
    ShapeChecks.length("weights", weights.length, logits.rows());
    for (int t = 0; t < weights.length; t++) {
      int goal = (int) of(goals).at(t, 0);
      double normalizer = goal == IGNORED ? 0 : logSumExp(values, t);
      for (int j = 0; j < values.columns(); j++) {
        // dz_j = weight (exp(z_j - log sum_k exp(z_k)) - [j = target])
        double softmax = Math.exp(values.at(t, j) - normalizer);
        double difference = softmax - (j == goal ? 1 : 0);
        values.set(t, j, goal == IGNORED ? 0 : weights[t] * difference);
      }
    }
  }

  /** {@code max + log sum_j exp(z_j - max)}, which cannot overflow. */
  private static double logSumExp(ReferenceTensor logits, int row) {
    double maximum = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < logits.columns(); j++) {
      maximum = Math.max(maximum, logits.at(row, j));
    }
    double sum = 0;
    for (int j = 0; j < logits.columns(); j++) {
      sum += Math.exp(logits.at(row, j) - maximum);
    }
    return maximum + Math.log(sum);
  }
}
