package org.llmsurgeon.compute.reference;

import static org.llmsurgeon.compute.reference.ReferenceTensor.of;

import org.llmsurgeon.compute.NetworkKernels;
import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/**
 * Normalisations of {@link ReferenceDevice}, by definition. Throughout, {@code u = (x - shift)
 * factor} is the normalised row before gain and bias: {@code shift} is the mean (LAYER) or 0 (RMS),
 * {@code factor} is {@code 1 / sqrt(var + eps)} or {@code 1 / sqrt(mean(x^2) + eps)}.
 */
final class ReferenceNorms {
  /** What makes a row of {@code x} its normalised row. */
  private record RowStatistics(double shift, double factor) {
    static RowStatistics of(Norm norm, ReferenceTensor x, int row) {
      double width = x.columns();
      double mean = 0;
      if (norm.kind() == Norm.Kind.LAYER) {
        for (int j = 0; j < x.columns(); j++) {
          mean += x.at(row, j) / width;
        }
      }
      double square = 0;
      for (int j = 0; j < x.columns(); j++) {
        square += (x.at(row, j) - mean) * (x.at(row, j) - mean) / width;
      }
      return new RowStatistics(mean, 1 / Math.sqrt(square + norm.epsilon()));
    }

    double normalized(double x) {
      return (x - shift) * factor;
    }
  }

  private ReferenceNorms() {}

  /** See {@link NetworkKernels#normalize}. */
  static void normalize(Norm norm, Tensor x, Tensor out) {
    ReferenceTensor in = of(x);
    ReferenceTensor result = of(out);
    ShapeChecks.norm(norm, x.columns());
    ShapeChecks.sameShape("x", x, "out", out);
    ShapeChecks.samePrecision(x, out, norm.gain(), norm.bias());
    ReferenceTensor gain = of(norm.gain());
    ReferenceTensor bias = norm.bias() == null ? null : of(norm.bias());
    for (int t = 0; t < in.rows(); t++) {
      RowStatistics row = RowStatistics.of(norm, in, t);
      for (int j = 0; j < in.columns(); j++) {
        double shift = bias == null ? 0 : bias.at(0, j);
        result.set(t, j, row.normalized(in.at(t, j)) * gain.at(0, j) + shift);
      }
    }
  }

  /** See {@link NetworkKernels#normalizeBackward}. */
  static void normalizeBackward(Norm norm, Tensor x, Tensor dOut, Tensor dx) {
    ReferenceTensor in = of(x);
    ReferenceTensor gradient = of(dOut);
    ReferenceTensor result = of(dx);
    ReferenceTensor gain = of(norm.gain());
    ShapeChecks.norm(norm, x.columns());
    ShapeChecks.sameShape("x", x, "dOut", dOut);
    ShapeChecks.sameShape("x", x, "dx", dx);
    ShapeChecks.samePrecision(x, dOut, dx, gain);
    double width = in.columns();
    for (int t = 0; t < in.rows(); t++) {
      RowStatistics row = RowStatistics.of(norm, in, t);
      // With v = gain dOut: dx += factor (v - mean(v) - u mean(u v)); RMS has no mean(v)
      double mean = 0;
      double along = 0;
      for (int j = 0; j < in.columns(); j++) {
        double v = gain.at(0, j) * gradient.at(t, j);
        mean += norm.kind() == Norm.Kind.LAYER ? v / width : 0;
        along += row.normalized(in.at(t, j)) * v / width;
      }
      for (int j = 0; j < in.columns(); j++) {
        double v = gain.at(0, j) * gradient.at(t, j);
        result.add(t, j, row.factor() * (v - mean - row.normalized(in.at(t, j)) * along));
      }
    }
  }

  /** See {@link NetworkKernels#normalizeWeightGradients}. */
  static void normalizeWeightGradients(
      Norm norm, Tensor x, Tensor dOut, Tensor dGain, Tensor dBias) {
    ReferenceTensor in = of(x);
    ReferenceTensor gradient = of(dOut);
    ReferenceTensor gainSums = of(dGain);
    ReferenceTensor biasSums = dBias == null ? null : of(dBias);
    ShapeChecks.norm(norm, x.columns());
    ShapeChecks.sameShape("x", x, "dOut", dOut);
    ShapeChecks.shape("dGain", dGain, 1, x.columns());
    if ((dBias == null) != (norm.bias() == null)) {
      throw new IllegalArgumentException("dBias must be given if and only if the norm has a bias");
    }
    if (dBias != null) {
      ShapeChecks.shape("dBias", dBias, 1, x.columns());
    }
    ShapeChecks.samePrecision(x, dOut, dGain, dBias);
    for (int t = 0; t < in.rows(); t++) {
      RowStatistics row = RowStatistics.of(norm, in, t);
      for (int j = 0; j < in.columns(); j++) {
        gainSums.add(0, j, row.normalized(in.at(t, j)) * gradient.at(t, j));
        if (biasSums != null) {
          biasSums.add(0, j, gradient.at(t, j));
        }
      }
    }
  }
}
