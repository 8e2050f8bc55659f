package org.llmsurgeon.compute.cpu;

import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cpu.operand.BufferPool;
import org.llmsurgeon.compute.cpu.operand.CpuBlas;
import org.llmsurgeon.compute.cpu.operand.CpuMemory;
import org.llmsurgeon.compute.cpu.operand.CpuTensor;
import org.llmsurgeon.compute.cpu.operand.CpuTriangles;

/** Cholesky factors, inverses, solves and eigenvectors of the cpu device. */
final class CpuFactorisations {
  private final BufferPool pool;

  /**
   * @param pool for eigenvalues
   */
  CpuFactorisations(BufferPool pool) {
    this.pool = pool;
  }

  /**
   * LAPACK compares pivots with 0 and so lets NaN through: the diagonal of the result is looked at
   * as well.
   */
  int cholesky(CpuTensor a) {
    ShapeChecks.square("a", a);
    a.writing();
    int n = a.rows();
    if (n == 0) {
      return -1;
    }
    int failed = CpuBlas.factorise(a);
    double[] pivots = CpuElementwise.diagonal(a);
    int reached = failed > 0 ? failed - 1 : n;
    for (int i = 0; i < reached; i++) {
      if (!(pivots[i] > 0 && pivots[i] <= Double.MAX_VALUE)) {
        return i;
      }
    }
    if (failed > 0) {
      return failed - 1;
    }
    CpuTriangles.clearStrictUpper(a);
    return -1;
  }

  void inverseFromCholesky(CpuTensor l) {
    ShapeChecks.square("l", l);
    l.writing();
    if (l.size() == 0) {
      return;
    }
    int failed = CpuBlas.invertFactorised(l);
    if (failed != 0) {
      throw new ArithmeticException(
          "No inverse from a Cholesky factor whose diagonal is 0 at " + (failed - 1));
    }
    CpuTriangles.mirror(l);
  }

  void solveTriangular(CpuTensor l, boolean transposed, CpuTensor b) {
    ShapeChecks.square("l", l);
    ShapeChecks.samePrecision(l, b);
    ShapeChecks.shape("b", b, l.rows(), b.columns());
    b.mustNotOverlap(l);
    l.reading();
    b.writing();
    if (b.size() > 0) {
      CpuBlas.solve(l, transposed, b);
    }
  }

  double[] eigen(CpuTensor a) {
    ShapeChecks.square("a", a);
    a.writing();
    int n = a.rows();
    if (n == 0) {
      return new double[0];
    }
    requireFiniteLower(a);
    CpuMemory memory = pool.acquire(a.precision(), n, false);
    try (CpuTensor values = new CpuTensor(memory, pool, 1, n)) {
      int failed = CpuBlas.eigen(a, values);
      if (failed != 0) {
        throw new ArithmeticException(
            "The eigenvectors of " + a + " did not converge (LAPACK says " + failed + ")");
      }
      double[] eigenvalues = new double[n];
      memory.read(0, eigenvalues, 0, n);
      return eigenvalues;
    }
  }

  private static void requireFiniteLower(CpuTensor a) {
    double[] row = new double[a.columns()];
    for (int i = 0; i < a.rows(); i++) {
      a.reading().read(a.row(i), row, 0, i + 1);
      for (int j = 0; j <= i; j++) {
        if (!Double.isFinite(row[j])) {
          throw new ArithmeticException(
              "No eigenvectors of " + a + " with " + row[j] + " at (" + i + ", " + j + ")");
        }
      }
    }
  }
}
