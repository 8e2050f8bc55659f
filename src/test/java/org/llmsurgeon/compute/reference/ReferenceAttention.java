package org.llmsurgeon.compute.reference;

import static org.llmsurgeon.compute.reference.ReferenceTensor.of;

import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.NetworkKernels;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/** Attention and rotary positions of {@link ReferenceDevice}, by definition. */
final class ReferenceAttention {
  /**
   * One query of one head.
   *
   * @param row its row in queries and outputs
   * @param firstKeyRow row of the first key it sees
   * @param visible how many it sees
   * @param column first column of its head in queries and outputs
   * @param keyColumn first column of its head in keys and values
   */
  private record Query(int row, int firstKeyRow, int visible, int column, int keyColumn) {}

  private interface QueryAction {
    void accept(Query query);
  }

  private ReferenceAttention() {}

  /** See {@link NetworkKernels#attention}. */
  static void attention(AttentionShape shape, AttentionInputs in, Tensor out) {
    ShapeChecks.attention(shape);
    ShapeChecks.attentionInputs(shape, in);
    ShapeChecks.sameShape("queries", in.queries(), "out", out);
    ShapeChecks.samePrecision(out, in.queries(), in.keys(), in.values());
    ReferenceTensor result = of(out);
    result.mustNotOverlap(of(in.queries()));
    result.mustNotOverlap(of(in.keys()));
    ReferenceTensor values = of(in.values());
    result.mustNotOverlap(values);
    forEachQuery(
        shape,
        query -> {
          double[] p = probabilities(scores(shape, in, query));
          for (int d = 0; d < shape.headDimension(); d++) {
            // out_d = sum_j p_j v_jd
            double sum = 0;
            for (int j = 0; j < p.length; j++) {
              sum += p[j] * values.at(query.firstKeyRow() + j, query.keyColumn() + d);
            }
            result.set(query.row(), query.column() + d, sum);
          }
        });
  }

  /** See {@link NetworkKernels#attentionBackward}. */
  static void attentionBackward(
      AttentionShape shape, AttentionInputs in, Tensor out, Tensor dOut, AttentionInputs into) {
    ShapeChecks.attention(shape);
    ShapeChecks.attentionInputs(shape, in);
    ShapeChecks.attentionInputs(shape, into);
    ShapeChecks.sameShape("queries", in.queries(), "out", of(out));
    ShapeChecks.sameShape("queries", in.queries(), "dOut", of(dOut));
    ShapeChecks.samePrecision(dOut, out, in.queries(), in.keys(), in.values());
    ShapeChecks.samePrecision(dOut, into.queries(), into.keys(), into.values());
    for (Tensor written : new Tensor[] {into.queries(), into.keys(), into.values()}) {
      for (Tensor read : new Tensor[] {in.queries(), in.keys(), in.values(), out, dOut}) {
        of(written).mustNotOverlap(of(read));
      }
    }
    of(into.queries()).fill(0);
    of(into.keys()).fill(0);
    of(into.values()).fill(0);
    forEachQuery(shape, query -> addGradients(shape, in, of(dOut), into, query));
  }

  /** Order: sequence, query head, token. */
  private static void forEachQuery(AttentionShape shape, QueryAction action) {
    int group = shape.heads() / shape.keyValueHeads();
    for (int sequence = 0; sequence < shape.sequences(); sequence++) {
      int first = sequence * shape.length();
      for (int head = 0; head < shape.heads(); head++) {
        int column = head * shape.headDimension();
        int keyColumn = head / group * shape.headDimension();
        for (int row = first; row < first + shape.length(); row++) {
          int from = shape.firstKey(row - first);
          int visible = shape.keysEnd(row - first) - from;
          action.accept(new Query(row, first + from, visible, column, keyColumn));
        }
      }
    }
  }

  /** {@code s_j = scale q . k_j}, bounded by {@code cap tanh(s_j / cap)} where there is a bound. */
  private static double[] scores(AttentionShape shape, AttentionInputs in, Query query) {
    ReferenceTensor queries = of(in.queries());
    ReferenceTensor keys = of(in.keys());
    double[] p = new double[query.visible()];
    for (int j = 0; j < p.length; j++) {
      double dot = 0;
      for (int d = 0; d < shape.headDimension(); d++) {
        dot +=
            queries.at(query.row(), query.column() + d)
                * keys.at(query.firstKeyRow() + j, query.keyColumn() + d);
      }
      p[j] = shape.scale() * dot;
      if (shape.softCap() > 0) {
        p[j] = shape.softCap() * Math.tanh(p[j] / shape.softCap());
      }
    }
    return p;
  }

  /** {@code p_j = exp(s_j - max s) / sum_k exp(s_k - max s)}. */
  private static double[] probabilities(double[] scores) {
    double[] p = scores.clone();
    double maximum = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      maximum = Math.max(maximum, score);
    }
    double sum = 0;
    for (int j = 0; j < p.length; j++) {
      p[j] = Math.exp(p[j] - maximum);
      sum += p[j];
    }
    for (int j = 0; j < p.length; j++) {
      p[j] /= sum;
    }
    return p;
  }

  /**
   * What one query adds: {@code dv_j += p_j dOut}, and with {@code dp_j = dOut . v_j} and {@code
   * ds_j = p_j (dp_j - sum_k p_k dp_k)}: {@code dq += scale ds_j k_j}, {@code dk_j += scale ds_j
   * q}.
   */
  private static void addGradients(
      AttentionShape shape,
      AttentionInputs in,
      ReferenceTensor dOut,
      AttentionInputs into,
      Query query) {
    double[] scores = scores(shape, in, query);
    double[] p = probabilities(scores);
    ReferenceTensor values = of(in.values());
    double[] dp = new double[p.length];
    double mean = 0;
    for (int j = 0; j < p.length; j++) {
      int keyRow = query.firstKeyRow() + j;
      for (int d = 0; d < shape.headDimension(); d++) {
        double gradient = dOut.at(query.row(), query.column() + d);
        dp[j] += gradient * values.at(keyRow, query.keyColumn() + d);
        of(into.values()).add(keyRow, query.keyColumn() + d, p[j] * gradient);
      }
      mean += p[j] * dp[j];
    }
    for (int j = 0; j < p.length; j++) {
      double ds = shape.scale() * p[j] * (dp[j] - mean);
      if (shape.softCap() > 0) {
        double bounded = scores[j] / shape.softCap();
        ds *= (1 - bounded) * (1 + bounded);
      }
      addScoreGradient(shape, in, into, query, j, ds);
    }
  }

  /** {@code dq += ds k_j} and {@code dk_j += ds q}. */
  private static void addScoreGradient(
      AttentionShape shape,
      AttentionInputs in,
      AttentionInputs into,
      Query query,
      int j,
      double ds) {
    ReferenceTensor queries = of(in.queries());
    ReferenceTensor keys = of(in.keys());
    int keyRow = query.firstKeyRow() + j;
    for (int d = 0; d < shape.headDimension(); d++) {
      int column = query.column() + d;
      int keyColumn = query.keyColumn() + d;
      of(into.queries()).add(query.row(), column, ds * keys.at(keyRow, keyColumn));
      of(into.keys()).add(keyRow, keyColumn, ds * queries.at(query.row(), column));
    }
  }

  /** See {@link NetworkKernels#rotate}: {@code direction} 1 rotates forth, -1 back. */
  static void rotate(Rotary rotary, Tensor x, int direction) {
    ReferenceTensor values = of(x);
    ReferenceTensor cosine = of(rotary.cosine());
    ReferenceTensor sine = of(rotary.sine());
    ShapeChecks.rotary(rotary, x);
    ShapeChecks.samePrecision(x, cosine, sine);
    int half = cosine.columns();
    for (int t = 0; t < values.rows(); t++) {
      int position = t % rotary.sequenceLength();
      for (int head = 0; head < values.columns(); head += rotary.headDimension()) {
        for (int d = 0; d < half; d++) {
          double c = cosine.at(position, d);
          double s = direction * sine.at(position, d);
          double low = values.at(t, head + d);
          double high = values.at(t, head + d + half);
          values.set(t, head + d, low * c - high * s);
          values.set(t, head + d + half, high * c + low * s);
        }
      }
    }
  }
}
