package org.llmsurgeon.compute.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.cuda.driver.CudaContext;
import org.llmsurgeon.compute.cuda.driver.SolverLibrary;
import org.llmsurgeon.compute.cuda.operand.CudaBlas;
import org.llmsurgeon.compute.cuda.operand.CudaKernels;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaScratch;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;

/** Cholesky factors, inverses, solves and eigenvectors of the cuda device. */
final class CudaFactorisations implements AutoCloseable {
  /** A lower triangle, row by row, is an upper one as cuSOLVER sees it. */
  private static final int UPPER = 1;

  private static final int VECTORS = 1;

  private final CudaContext context;
  private final CudaKernels kernels;
  private final CudaParts parts;
  private final CudaBlas blas;
  private final CudaElements elements;
  private final SolverLibrary library;
  private final Pointer handle;

  CudaFactorisations(CudaParts parts, CudaBlas blas, CudaElements elements) {
    this.context = parts.context();
    this.kernels = parts.kernels();
    this.parts = parts;
    this.blas = blas;
    this.elements = elements;
    this.library = context.libraries().solver();
    synchronized (context) {
      context.enter();
      PointerByReference made = new PointerByReference();
      CudaContext.require("cusolverDnCreate", library.cusolverDnCreate(made));
      this.handle = made.getValue();
      CudaContext.require(
          "cusolverDnSetStream", library.cusolverDnSetStream(handle, context.stream()));
    }
  }

  /** Whether pivots are positive is looked at here: no library says what it does with NaN. */
  int cholesky(CudaTensor a) {
    ShapeChecks.square("a", a);
    int n = a.rows();
    if (n == 0) {
      a.writing();
      return -1;
    }
    int failed = triangle(a, POTRF);
    double[] pivots = elements.diagonal(a);
    int reached = failed > 0 ? failed - 1 : n;
    for (int i = 0; i < reached; i++) {
      if (!(pivots[i] > 0 && pivots[i] <= Double.MAX_VALUE)) {
        return i;
      }
    }
    if (failed > 0) {
      return failed - 1;
    }
    kernels.of("clearUpper", a).writing(a).whole(n).rows(n, n);
    return -1;
  }

  void inverseFromCholesky(CudaTensor l) {
    ShapeChecks.square("l", l);
    int n = l.rows();
    if (n == 0) {
      l.writing();
      return;
    }
    int failed = triangle(l, POTRI);
    if (failed != 0) {
      throw new ArithmeticException(
          "No inverse from a Cholesky factor whose diagonal is 0 at " + (failed - 1));
    }
    elements.mirror(l);
  }

  /** Size of the work, in elements. */
  private interface Sizing {
    int size(SolverLibrary library, Pointer handle, int n, long a, IntByReference size);
  }

  private interface Working {
    int work(SolverLibrary library, Pointer handle, int n, long a, long work, int size, long info);
  }

  /** A function on a lower triangle in place, in both precisions. */
  private record Triangle(
      String name, Sizing singleSize, Working single, Sizing twiceSize, Working twice) {}

  private static final Triangle POTRF =
      new Triangle(
          "potrf",
          (library, handle, n, a, size) ->
              library.cusolverDnSpotrf_bufferSize(handle, UPPER, n, a, n, size),
          (library, handle, n, a, work, size, info) ->
              library.cusolverDnSpotrf(handle, UPPER, n, a, n, work, size, info),
          (library, handle, n, a, size) ->
              library.cusolverDnDpotrf_bufferSize(handle, UPPER, n, a, n, size),
          (library, handle, n, a, work, size, info) ->
              library.cusolverDnDpotrf(handle, UPPER, n, a, n, work, size, info));

  private static final Triangle POTRI =
      new Triangle(
          "potri",
          (library, handle, n, a, size) ->
              library.cusolverDnSpotri_bufferSize(handle, UPPER, n, a, n, size),
          (library, handle, n, a, work, size, info) ->
              library.cusolverDnSpotri(handle, UPPER, n, a, n, work, size, info),
          (library, handle, n, a, size) ->
              library.cusolverDnDpotri_bufferSize(handle, UPPER, n, a, n, size),
          (library, handle, n, a, work, size, info) ->
              library.cusolverDnDpotri(handle, UPPER, n, a, n, work, size, info));

  /** Runs a function on a triangle; gives what LAPACK calls info. */
  private int triangle(CudaTensor a, Triangle function) {
    int n = a.rows();
    long address = a.writing();
    Sizing sizing = a.isSingle() ? function.singleSize() : function.twiceSize();
    Working working = a.isSingle() ? function.single() : function.twice();
    IntByReference size = new IntByReference();
    try (CudaScratch scratch = parts.scratch()) {
      long info = scratch.bytes(Integer.BYTES);
      synchronized (context) {
        context.enter();
        require(function.name(), sizing.size(library, handle, n, address, size));
        long work = scratch.bytes((long) size.getValue() * a.precision().bytes());
        require(
            function.name(),
            working.work(library, handle, n, address, work, size.getValue(), info));
      }
      return readInt(info);
    }
  }

  void solveTriangular(CudaTensor l, boolean transposed, CudaTensor b) {
    ShapeChecks.square("l", l);
    ShapeChecks.samePrecision(l, b);
    ShapeChecks.shape("b", b, l.rows(), b.columns());
    b.mustNotOverlap(l);
    if (b.size() > 0) {
      blas.solveTriangular(l, transposed, b);
    }
  }

  double[] eigen(CudaTensor a) {
    ShapeChecks.square("a", a);
    int n = a.rows();
    if (n == 0) {
      a.writing();
      return new double[0];
    }
    elements.mirror(a);
    long bad = elements.firstNonFinite(a);
    if (bad >= 0) {
      throw new ArithmeticException(
          "No eigenvectors of "
              + a
              + ", which is not finite at ("
              + bad / n
              + ", "
              + bad % n
              + ")");
    }
    double[] eigenvalues = new double[n];
    try (CudaScratch scratch = parts.scratch()) {
      long info = scratch.bytes(Integer.BYTES);
      long values = scratch.doubles(n);
      decompose(a, values, info, scratch);
      int failed = readInt(info);
      if (failed != 0) {
        throw new ArithmeticException(
            "The eigenvectors of " + a + " did not converge (cuSOLVER says " + failed + ")");
      }
      elements.read(values, a.isSingle(), eigenvalues);
    }
    return eigenvalues;
  }

  private void decompose(CudaTensor a, long values, long info, CudaScratch scratch) {
    int n = a.rows();
    long address = a.writing();
    IntByReference size = new IntByReference();
    synchronized (context) {
      context.enter();
      if (a.isSingle()) {
        require(
            "syevd",
            library.cusolverDnSsyevd_bufferSize(
                handle, VECTORS, UPPER, n, address, n, values, size));
        long work = scratch.floats(size.getValue());
        require(
            "syevd",
            library.cusolverDnSsyevd(
                handle, VECTORS, UPPER, n, address, n, values, work, size.getValue(), info));
      } else {
        require(
            "syevd",
            library.cusolverDnDsyevd_bufferSize(
                handle, VECTORS, UPPER, n, address, n, values, size));
        long work = scratch.doubles(size.getValue());
        require(
            "syevd",
            library.cusolverDnDsyevd(
                handle, VECTORS, UPPER, n, address, n, values, work, size.getValue(), info));
      }
    }
  }

  private static void require(String function, int status) {
    CudaContext.require("cusolver " + function, status);
  }

  private int readInt(long address) {
    int[] value = new int[1];
    parts
        .transfers()
        .download(address, Integer.BYTES, (buffer, first) -> value[0] = buffer.getInt(0));
    return value[0];
  }

  @Override
  public void close() {
    synchronized (context) {
      if (!context.isLost()) {
        context.synchronize();
        library.cusolverDnDestroy(handle);
      }
    }
  }
}
