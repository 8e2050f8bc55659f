package org.llmsurgeon.compute.cpu;

import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.kernel.CpuRowKernels;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;

/**
 * Layer and RMS normalisation of the cpu device. One row at a time; sums go on in double, and the
 * mean is taken off in two floats, so that rows far from 0 lose nothing.
 */
final class CpuNormalization {
  private final CpuRowKernels kernels;

  CpuNormalization(CpuRowKernels kernels) {
    this.kernels = kernels;
  }

  void forward(Norm norm, CpuTensor x, CpuTensor out) {
    x.requireSingle();
    ShapeChecks.norm(norm, x.columns());
    float[] gain = weights(norm.gain(), x);
    float[] bias = norm.bias() == null ? new float[gain.length] : weights(norm.bias(), x);
    ShapeChecks.sameShape("x", x, "out", out);
    ShapeChecks.samePrecision(x, out);
    CpuMemory from = x.reading();
    CpuMemory to = out.writing();
    int width = x.columns();
    float[] row = new float[gain.length];
    for (int t = 0; t < x.rows(); t++) {
      from.read(x.row(t), row, 0, width);
      standardise(norm, row, width);
      for (int j = 0; j < width; j++) {
        row[j] = row[j] * gain[j] + bias[j];
      }
      to.write(out.row(t), row, 0, width);
    }
  }

  /**
   * With {@code s} the standardised row, {@code r} its factor and {@code g = dOut * gain}: {@code
   * dx += r (g - mean(g) - s mean(g s))}, without the second term for RMS.
   */
  void backward(Norm norm, CpuTensor x, CpuTensor dOut, CpuTensor dx) {
    x.requireSingle();
    ShapeChecks.norm(norm, x.columns());
    float[] gain = weights(norm.gain(), x);
    ShapeChecks.sameShape("x", x, "dOut", dOut);
    ShapeChecks.sameShape("x", x, "dx", dx);
    ShapeChecks.samePrecision(x, dOut, dx);
    x.reading();
    dOut.reading();
    dx.writing();
    int width = x.columns();
    float[] row = new float[gain.length];
    float[] d = new float[gain.length];
    float[] sum = new float[gain.length];
    for (int t = 0; t < x.rows(); t++) {
      x.reading().read(x.row(t), row, 0, width);
      dOut.reading().read(dOut.row(t), d, 0, width);
      dx.reading().read(dx.row(t), sum, 0, width);
      float r = standardise(norm, row, width);
      for (int j = 0; j < width; j++) {
        d[j] *= gain[j];
      }
      boolean centred = norm.kind() == Norm.Kind.LAYER;
      float mean = centred ? (float) (kernels.sum(d, width) / width) : 0;
      float slope = (float) (kernels.dot(d, row, width) / width);
      for (int j = 0; j < width; j++) {
        sum[j] += r * (d[j] - mean - row[j] * slope);
      }
      dx.writing().write(dx.row(t), sum, 0, width);
    }
  }

  /** Sums over the tokens are kept in double and rounded once. */
  void weightGradients(Norm norm, CpuTensor x, CpuTensor dOut, CpuTensor dGain, CpuTensor dBias) {
    x.requireSingle();
    ShapeChecks.norm(norm, x.columns());
    ShapeChecks.sameShape("x", x, "dOut", dOut);
    ShapeChecks.shape("dGain", dGain, 1, x.columns());
    ShapeChecks.samePrecision(x, dOut, dGain, dBias);
    x.reading();
    dOut.reading();
    int width = x.columns();
    double[] gains = new double[CpuRowKernels.padded(width)];
    double[] biases = new double[gains.length];
    dGain.writing().read(dGain.at(0), gains, 0, width);
    if (dBias != null) {
      ShapeChecks.shape("dBias", dBias, 1, width);
      dBias.writing().read(dBias.at(0), biases, 0, width);
    }
    float[] row = new float[gains.length];
    float[] d = new float[gains.length];
    for (int t = 0; t < x.rows(); t++) {
      x.reading().read(x.row(t), row, 0, width);
      dOut.reading().read(dOut.row(t), d, 0, width);
      standardise(norm, row, width);
      kernels.addProducts(d, row, gains, width);
      kernels.add(d, biases, width);
    }
    dGain.writing().write(dGain.at(0), gains, 0, width);
    if (dBias != null) {
      dBias.writing().write(dBias.at(0), biases, 0, width);
    }
  }

  /**
   * Takes off the mean (LAYER) and scales to a mean square of 1.
   *
   * @return the factor it was scaled by
   */
  private float standardise(Norm norm, float[] row, int width) {
    if (norm.kind() == Norm.Kind.LAYER) {
      double mean = kernels.sum(row, width) / width;
      float high = (float) mean;
      float low = (float) (mean - high);
      for (int j = 0; j < width; j++) {
        row[j] = row[j] - high - low;
      }
    }
    double square = kernels.dot(row, row, width) / width;
    float factor = (float) (1 / Math.sqrt(square + norm.epsilon()));
    for (int j = 0; j < width; j++) {
      row[j] *= factor;
    }
    return factor;
  }

  private static float[] weights(Tensor of, CpuTensor x) {
    CpuTensor weights = CpuTensor.of(of);
    weights.requireSingle();
    float[] values = new float[CpuRowKernels.padded(x.columns())];
    weights.reading().read(weights.at(0), values, 0, x.columns());
    return values;
  }
}
