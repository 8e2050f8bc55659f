package org.llmsurgeon.compute.cuda.operand;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.cuda.driver.BlasLibrary;
import org.llmsurgeon.compute.cuda.driver.CudaContext;
import org.llmsurgeon.compute.cuda.driver.CudaMemoryPool;

/**
 * cuBLAS with matrices that are stored row by row: it sees their transposes, so operands change
 * places. Its workspace is this object's, so that the same product always goes the same way.
 */
public final class CudaBlas implements AutoCloseable {
  private static final long WORKSPACE = 1L << 25;
  private static final int COMPUTE_DOUBLE = 70;
  private static final int COMPUTE_FLOAT = 68;
  private static final int COMPUTE_TF32 = 77;
  private static final int ANY_ALGORITHM = -1;
  private static final int RIGHT = 1;
  private static final int UPPER = 1;

  private final CudaContext context;
  private final CudaMemoryPool pool;
  private final BlasLibrary library;
  private final Pointer handle;
  private final long workspace;
  private final Memory alpha = new Memory(Double.BYTES);
  private final Memory beta = new Memory(Double.BYTES);

  /** Products on a card. */
  public CudaBlas(CudaContext context, CudaMemoryPool pool) {
    this.context = context;
    this.pool = pool;
    this.library = context.libraries().blas();
    synchronized (context) {
      context.enter();
      PointerByReference made = new PointerByReference();
      CudaContext.require("cublasCreate", library.cublasCreate_v2(made));
      this.handle = made.getValue();
      CudaContext.require("cublasSetStream", library.cublasSetStream_v2(handle, context.stream()));
      this.workspace = pool.acquire(WORKSPACE);
      CudaContext.require(
          "cublasSetWorkspace", library.cublasSetWorkspace_v2(handle, workspace, WORKSPACE));
    }
  }

  /**
   * {@code c <- alpha a b + beta c}, {@code batch} times.
   *
   * @param m rows of c
   * @param n columns of c
   * @param k inner size
   * @param alpha factor of the product
   * @param beta factor of what c held
   * @param batch how many products, at the strides of the matrices
   */
  public record Product(int m, int n, int k, double alpha, double beta, int batch) {
    boolean isEmpty() {
      return m == 0 || n == 0 || batch == 0;
    }
  }

  /**
   * One side of a product.
   *
   * @param matrix as it is stored
   * @param transposed whether the product sees its transpose
   */
  public record Side(DeviceMatrix matrix, boolean transposed) {
    int operation() {
      return transposed ? 1 : 0;
    }
  }

  /** Multiplies; how floats are rounded before, {@code precision} says. */
  public void multiply(
      Product product, Side a, Side b, DeviceMatrix c, ProductPrecision precision) {
    if (product.isEmpty()) {
      return;
    }
    int computeType =
        switch (a.matrix().type()) {
          case DOUBLE -> COMPUTE_DOUBLE;
          case FLOAT -> precision == ProductPrecision.FLOAT32 ? COMPUTE_FLOAT : COMPUTE_TF32;
          case BFLOAT16 -> COMPUTE_FLOAT;
        };
    synchronized (context) {
      context.enter();
      set(alpha, product.alpha(), computeType);
      set(beta, product.beta(), computeType);
      int status =
          product.batch() == 1
              ? one(product, a, b, c, computeType)
              : many(product, a, b, c, computeType);
      CudaContext.require("cublasGemmEx", status);
    }
  }

  private static void set(Memory scalar, double value, int computeType) {
    if (computeType == COMPUTE_DOUBLE) {
      scalar.setDouble(0, value);
    } else {
      scalar.setFloat(0, (float) value);
    }
  }

  private int one(Product product, Side a, Side b, DeviceMatrix c, int computeType) {
    return library.cublasGemmEx(
        handle,
        b.operation(),
        a.operation(),
        product.n(),
        product.m(),
        product.k(),
        alpha,
        b.matrix().address(),
        b.matrix().type().number(),
        b.matrix().leading(),
        a.matrix().address(),
        a.matrix().type().number(),
        a.matrix().leading(),
        beta,
        c.address(),
        c.type().number(),
        c.leading(),
        computeType,
        ANY_ALGORITHM);
  }

  private int many(Product product, Side a, Side b, DeviceMatrix c, int computeType) {
    return library.cublasGemmStridedBatchedEx(
        handle,
        b.operation(),
        a.operation(),
        product.n(),
        product.m(),
        product.k(),
        alpha,
        b.matrix().address(),
        b.matrix().type().number(),
        b.matrix().leading(),
        b.matrix().stride(),
        a.matrix().address(),
        a.matrix().type().number(),
        a.matrix().leading(),
        a.matrix().stride(),
        beta,
        c.address(),
        c.type().number(),
        c.leading(),
        c.stride(),
        product.batch(),
        computeType,
        ANY_ALGORITHM);
  }

  /** {@code b <- l^-1 b}, or with the transpose, for a lower triangle. */
  public void solveTriangular(CudaTensor l, boolean transposed, CudaTensor b) {
    int n = l.rows();
    int columns = b.columns();
    int operation = transposed ? 1 : 0;
    synchronized (context) {
      context.enter();
      set(alpha, 1, l.isSingle() ? COMPUTE_FLOAT : COMPUTE_DOUBLE);
      // X^T op(L^T) = B^T, whose triangle is an upper one as cuBLAS sees it
      int status =
          l.isSingle()
              ? library.cublasStrsm_v2(
                  handle,
                  RIGHT,
                  UPPER,
                  operation,
                  0,
                  columns,
                  n,
                  alpha,
                  l.reading(),
                  n,
                  b.writing(),
                  columns)
              : library.cublasDtrsm_v2(
                  handle,
                  RIGHT,
                  UPPER,
                  operation,
                  0,
                  columns,
                  n,
                  alpha,
                  l.reading(),
                  n,
                  b.writing(),
                  columns);
      CudaContext.require("cublas trsm", status);
    }
  }

  @Override
  public void close() {
    synchronized (context) {
      if (!context.isLost()) {
        context.synchronize();
        library.cublasDestroy_v2(handle);
        pool.release(workspace, WORKSPACE);
      }
    }
  }
}
