package org.llmsurgeon.compute.cpu;

import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.operand.CpuBlas;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;

/**
 * Elementwise steps of the cpu device, in BLAS where it has them, else over tiles of Java arrays.
 */
final class CpuElementwise {
  /** Elements copied to the heap at once: two tiles of floats fit the first-level cache. */
  static final int TILE = 2048;

  /** Elements whose magnitudes are summed at once. */
  private static final int LOOK = 1 << 20;

  private CpuElementwise() {}

  private static boolean single(CpuTensor x) {
    return x.precision() == Precision.SINGLE;
  }

  static int tile(CpuTensor x) {
    return (int) Math.min(TILE, x.size());
  }

  static void add(double alpha, CpuTensor x, CpuTensor y) {
    ShapeChecks.sameShape("x", x, "y", y);
    x.reading();
    y.writing();
    if (single(x) == single(y)) {
      CpuBlas.add(alpha, x, y);
    } else {
      addDouble(alpha, x, y);
    }
  }

  private static void addDouble(double alpha, CpuTensor x, CpuTensor y) {
    double[] from = new double[tile(x)];
    double[] to = new double[tile(x)];
    for (long at = 0; at < x.size(); at += TILE) {
      int n = (int) Math.min(TILE, x.size() - at);
      x.reading().read(x.at(at), from, 0, n);
      y.reading().read(y.at(at), to, 0, n);
      for (int i = 0; i < n; i++) {
        to[i] += alpha * from[i];
      }
      y.writing().write(y.at(at), to, 0, n);
    }
  }

  static void scale(double alpha, CpuTensor x) {
    if (alpha == 0) {
      x.writing().clear(x.at(0), x.size());
      return;
    }
    CpuBlas.scale(alpha, x);
  }

  static void multiply(CpuTensor x, CpuTensor y) {
    ShapeChecks.sameShape("x", x, "y", y);
    ShapeChecks.samePrecision(x, y);
    x.reading();
    y.writing();
    if (!single(x)) {
      multiplyDouble(x, y);
      return;
    }
    float[] from = new float[tile(x)];
    float[] to = new float[tile(x)];
    for (long at = 0; at < x.size(); at += TILE) {
      int n = (int) Math.min(TILE, x.size() - at);
      x.reading().read(x.at(at), from, 0, n);
      y.reading().read(y.at(at), to, 0, n);
      for (int i = 0; i < n; i++) {
        to[i] *= from[i];
      }
      y.writing().write(y.at(at), to, 0, n);
    }
  }

  private static void multiplyDouble(CpuTensor x, CpuTensor y) {
    double[] from = new double[tile(x)];
    double[] to = new double[tile(x)];
    for (long at = 0; at < x.size(); at += TILE) {
      int n = (int) Math.min(TILE, x.size() - at);
      x.reading().read(x.at(at), from, 0, n);
      y.reading().read(y.at(at), to, 0, n);
      for (int i = 0; i < n; i++) {
        to[i] *= from[i];
      }
      y.writing().write(y.at(at), to, 0, n);
    }
  }

  static void addDiagonal(CpuTensor a, double value) {
    ShapeChecks.square("a", a);
    CpuMemory memory = a.writing();
    for (int i = 0; i < a.rows(); i++) {
      long at = a.row(i) + i;
      memory.write(at, memory.read(at) + value);
    }
  }

  static double[] diagonal(CpuTensor a) {
    ShapeChecks.square("a", a);
    CpuMemory memory = a.reading();
    double[] diagonal = new double[a.rows()];
    for (int i = 0; i < diagonal.length; i++) {
      diagonal[i] = memory.read(a.row(i) + i);
    }
    return diagonal;
  }

  /** A sum of magnitudes that is finite has finite parts only; else it is looked at closer. */
  static long firstNonFinite(CpuTensor x) {
    x.reading();
    for (long at = 0; at < x.size(); at += LOOK) {
      int n = (int) Math.min(LOOK, x.size() - at);
      if (!(CpuBlas.sumOfMagnitudes(x, at, n) <= Double.MAX_VALUE)) {
        long found = firstNonFinite(x, at, n);
        if (found >= 0) {
          return found;
        }
      }
    }
    return -1;
  }

  private static long firstNonFinite(CpuTensor x, long from, int count) {
    double[] tile = new double[TILE];
    for (long at = from; at < from + count; at += TILE) {
      int n = (int) Math.min(TILE, from + count - at);
      x.reading().read(x.at(at), tile, 0, n);
      for (int i = 0; i < n; i++) {
        if (!(Math.abs(tile[i]) <= Double.MAX_VALUE)) {
          return at + i;
        }
      }
    }
    return -1;
  }

  /** Whole tensor onto another of the same shape, converting where precisions differ. */
  static void copy(CpuTensor from, CpuTensor to) {
    ShapeChecks.sameShape("from", from, "to", to);
    to.mustNotOverlap(from);
    if (from.precision() == to.precision()) {
      CpuMemory.copy(from.reading(), from.at(0), to.writing(), to.at(0), from.size());
      return;
    }
    from.reading();
    to.writing();
    double[] tile = new double[tile(from)];
    for (long at = 0; at < from.size(); at += TILE) {
      int n = (int) Math.min(TILE, from.size() - at);
      from.reading().read(from.at(at), tile, 0, n);
      to.writing().write(to.at(at), tile, 0, n);
    }
  }
}
