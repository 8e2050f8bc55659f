package org.llmsurgeon.compute.cpu;

import java.util.Arrays;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.kernel.CpuRowKernels;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;
import org.llmsurgeon.compute.cpu.operand.CpuTriangles;

/** Sums along rows and columns of the cpu device, all of them in double. */
final class CpuSums {
  private static final int TILE = CpuElementwise.TILE;

  private final CpuRowKernels kernels;

  CpuSums(CpuRowKernels kernels) {
    this.kernels = kernels;
  }

  void rowDots(CpuTensor x, CpuTensor y, CpuTensor out) {
    check(x, y);
    ShapeChecks.perRow("dots", out, x);
    double[] dots = new double[x.rows()];
    if (x.precision() == Precision.SINGLE) {
      int tile = CpuRowKernels.padded(Math.min(TILE, x.columns()));
      rowDotsSingle(x, y, new float[tile], new float[tile], dots);
    } else {
      rowDotsDouble(x, y, dots);
    }
    out.writing().write(out.at(0), dots, 0, dots.length);
  }

  private void rowDotsSingle(CpuTensor x, CpuTensor y, float[] left, float[] right, double[] dots) {
    for (int i = 0; i < dots.length; i++) {
      for (int at = 0; at < x.columns(); at += TILE) {
        int n = Math.min(TILE, x.columns() - at);
        x.reading().read(x.row(i) + at, left, 0, n);
        y.reading().read(y.row(i) + at, right, 0, n);
        dots[i] += kernels.dot(left, right, n);
      }
    }
  }

  /** Four rows side by side: the sum of one alone waits for each of its additions. */
  private static void rowDotsDouble(CpuTensor x, CpuTensor y, double[] dots) {
    int tile = Math.min(TILE, x.columns());
    double[][] left = new double[4][tile];
    double[][] right = new double[4][tile];
    double[] sums = new double[4];
    for (int i = 0; i < dots.length; i += 4) {
      int rows = Math.min(4, dots.length - i);
      Arrays.fill(sums, 0);
      for (int at = 0; at < x.columns(); at += tile) {
        int n = Math.min(tile, x.columns() - at);
        for (int row = 0; row < rows; row++) {
          x.reading().read(x.row(i + row) + at, left[row], 0, n);
          y.reading().read(y.row(i + row) + at, right[row], 0, n);
        }
        addDots(left, right, sums, n);
      }
      System.arraycopy(sums, 0, dots, i, rows);
    }
  }

  private static void addDots(double[][] left, double[][] right, double[] sums, int n) {
    double[] x0 = left[0];
    double[] x1 = left[1];
    double[] x2 = left[2];
    double[] x3 = left[3];
    double[] y0 = right[0];
    double[] y1 = right[1];
    double[] y2 = right[2];
    double[] y3 = right[3];
    double s0 = sums[0];
    double s1 = sums[1];
    double s2 = sums[2];
    double s3 = sums[3];
    for (int j = 0; j < n; j++) {
      s0 += x0[j] * y0[j];
      s1 += x1[j] * y1[j];
      s2 += x2[j] * y2[j];
      s3 += x3[j] * y3[j];
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
  }

  double[] columnDots(CpuTensor x, CpuTensor y) {
    check(x, y);
    int width = x.columns();
    double[] dots = new double[CpuRowKernels.padded(width)];
    if (x.precision() == Precision.SINGLE) {
      float[] left = new float[dots.length];
      float[] right = new float[dots.length];
      for (int i = 0; i < x.rows(); i++) {
        x.reading().read(x.row(i), left, 0, width);
        y.reading().read(y.row(i), right, 0, width);
        kernels.addProducts(left, right, dots, width);
      }
    } else {
      double[] left = new double[width];
      double[] right = new double[width];
      for (int i = 0; i < x.rows(); i++) {
        x.reading().read(x.row(i), left, 0, width);
        y.reading().read(y.row(i), right, 0, width);
        for (int j = 0; j < width; j++) {
          dots[j] += left[j] * right[j];
        }
      }
    }
    return Arrays.copyOf(dots, width);
  }

  private static void check(CpuTensor x, CpuTensor y) {
    ShapeChecks.sameShape("x", x, "y", y);
    ShapeChecks.samePrecision(x, y);
    x.reading();
    y.reading();
  }

  /** Gradient of a bias: {@code sums += sum_t x[t]}, rounded once. */
  void addColumnSums(CpuTensor x, CpuTensor sums) {
    x.requireSingle();
    ShapeChecks.samePrecision(x, sums);
    ShapeChecks.shape("sums", sums, 1, x.columns());
    sums.mustNotOverlap(x);
    CpuMemory from = x.reading();
    CpuMemory to = sums.writing();
    int width = x.columns();
    double[] total = new double[CpuRowKernels.padded(width)];
    to.read(sums.at(0), total, 0, width);
    float[] row = new float[total.length];
    for (int t = 0; t < x.rows(); t++) {
      from.read(x.row(t), row, 0, width);
      kernels.add(row, total, width);
    }
    to.write(sums.at(0), total, 0, width);
  }

  /**
   * {@code packed += panel} for rows {@code from} to {@code to} of a packed triangle.
   *
   * @param panel holds them from its start on, each row {@code to} elements long
   */
  void addRows(CpuTensor panel, int from, int to, CpuTensor packed) {
    boolean fromSingle = panel.precision() == Precision.SINGLE;
    if (fromSingle && packed.precision() == Precision.SINGLE) {
      addSingleRows(panel, from, to, packed);
      return;
    }
    double[] sum = new double[CpuRowKernels.padded(to)];
    float[] floats = new float[fromSingle ? sum.length : 0];
    double[] doubles = new double[fromSingle ? 0 : to];
    for (int i = from; i < to; i++) {
      long at = packed.at(CpuTriangles.packedRow(i));
      long source = panel.at((long) (i - from) * to);
      packed.reading().read(at, sum, 0, i + 1);
      if (fromSingle) {
        panel.reading().read(source, floats, 0, i + 1);
        kernels.add(floats, sum, i + 1);
      } else {
        panel.reading().read(source, doubles, 0, i + 1);
        for (int j = 0; j <= i; j++) {
          sum[j] += doubles[j];
        }
      }
      packed.writing().write(at, sum, 0, i + 1);
    }
  }

  private static void addSingleRows(CpuTensor panel, int from, int to, CpuTensor packed) {
    float[] sum = new float[to];
    float[] more = new float[to];
    for (int i = from; i < to; i++) {
      long at = packed.at(CpuTriangles.packedRow(i));
      packed.reading().read(at, sum, 0, i + 1);
      panel.reading().read(panel.at((long) (i - from) * to), more, 0, i + 1);
      for (int j = 0; j <= i; j++) {
        sum[j] += more[j];
      }
      packed.writing().write(at, sum, 0, i + 1);
    }
  }
}
