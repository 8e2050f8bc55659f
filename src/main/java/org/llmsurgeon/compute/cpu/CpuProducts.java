package org.llmsurgeon.compute.cpu;

import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.operand.BufferPool;
import org.llmsurgeon.compute.cpu.operand.CpuBlas;
import org.llmsurgeon.compute.cpu.operand.CpuMatrix;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;

/** Matrix products of the cpu device. */
final class CpuProducts {
  /** Triangles of so many rows are computed whole; BLAS is then at its fastest. */
  private static final int WHOLE = 2048;

  /** Rows of a larger triangle that are computed at once. */
  private static final int PANEL = 768;

  private final BufferPool pool;
  private final CpuSums sums;

  /**
   * @param pool for panels
   * @param sums adds panels up
   */
  CpuProducts(BufferPool pool, CpuSums sums) {
    this.pool = pool;
    this.sums = sums;
  }

  void multiply(double alpha, Operand a, Operand b, double beta, CpuTensor c) {
    CpuMatrix first = CpuMatrix.of(a);
    CpuMatrix second = CpuMatrix.of(b);
    ShapeChecks.product(a, b, c);
    c.mustNotOverlap(first.tensor(), second.tensor());
    if (c.size() == 0) {
      return;
    }
    if (first.effectiveColumns() == 0) {
      CpuElementwise.scale(beta, c);
      return;
    }
    CpuBlas.multiply(alpha, first, second, beta, CpuMatrix.of(c));
  }

  void gram(double alpha, CpuTensor x, double beta, CpuTensor c) {
    ShapeChecks.samePrecision(x, c);
    ShapeChecks.shape("c", c, x.columns(), x.columns());
    c.mustNotOverlap(x);
    if (x.columns() == 0) {
      return;
    }
    if (x.rows() == 0) {
      scaleLower(beta, c);
      return;
    }
    CpuBlas.gram(alpha, CpuMatrix.of(x), beta, CpuMatrix.of(c));
  }

  /**
   * Panel after panel of rows of the triangle: left of the diagonal block a product, the block
   * itself a gram. No flop is spent above the diagonal, and no scratch is larger than one of {@link
   * #WHOLE} rows or a panel.
   */
  void addGramPacked(double alpha, CpuTensor x, CpuTensor packed) {
    addPacked(x, packed, new Triangle(alpha, CpuMatrix.of(x), null));
  }

  /** Like {@link #addGramPacked}, the diagonal blocks products as well. */
  void addProductPacked(double alpha, CpuTensor x, CpuTensor y, CpuTensor packed) {
    ShapeChecks.samePrecision(x, y);
    ShapeChecks.shape("y", y, x.rows(), x.columns());
    packed.mustNotOverlap(y);
    y.reading();
    addPacked(x, packed, new Triangle(alpha, CpuMatrix.of(x), CpuMatrix.of(y)));
  }

  private void addPacked(CpuTensor x, CpuTensor packed, Triangle triangle) {
    int n = x.columns();
    ShapeChecks.packed("packed", packed, n);
    packed.mustNotOverlap(x);
    packed.writing();
    if (x.size() == 0) {
      x.reading();
      return;
    }
    int height = n <= WHOLE ? n : PANEL;
    CpuMemory memory = pool.acquire(x.precision(), (long) height * n, false);
    try (CpuTensor panel = new CpuTensor(memory, pool, height, n)) {
      for (int from = 0; from < n; from += height) {
        int to = Math.min(n, from + height);
        triangle.write(from, to, new CpuMatrix(panel, 0, to, to - from, to, false));
        sums.addRows(panel, from, to, packed);
      }
    }
  }

  /**
   * The lower triangle of {@code alpha x^T y}.
   *
   * @param y null for {@code x}
   */
  private record Triangle(double alpha, CpuMatrix x, CpuMatrix y) {
    /** Rows {@code from} to {@code to}, each up to column {@code to}. */
    void write(int from, int to, CpuMatrix rows) {
      CpuMatrix columns = x.columnRange(from, to);
      int left = y == null ? from : to;
      if (left > 0) {
        CpuMatrix other = (y == null ? x : y).columnRange(0, left);
        CpuBlas.multiply(alpha, columns.transpose(), other, 0, rows.columnRange(0, left));
      }
      if (y == null) {
        CpuBlas.gram(alpha, columns, 0, rows.columnRange(from, to));
      }
    }
  }

  private static void scaleLower(double alpha, CpuTensor c) {
    int n = c.rows();
    for (int i = 0; i < n; i++) {
      CpuElementwise.scale(alpha, c.rowRange(i, i + 1).reshape(n, 1).rowRange(0, i + 1));
    }
  }
}
