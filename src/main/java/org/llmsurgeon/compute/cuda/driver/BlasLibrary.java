package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * Functions of cuBLAS, which sees matrices column by column. Each returns a status, 0 for success.
 * Scalars lie in memory of the host.
 */
public interface BlasLibrary extends Library {
  /** Makes a handle. */
  int cublasCreate_v2(PointerByReference handle);

  /** Gives a handle back. */
  int cublasDestroy_v2(Pointer handle);

  /** Queues later calls on a stream. */
  int cublasSetStream_v2(Pointer handle, Pointer stream);

  /** Gives scratch memory, which keeps results the same from call to call. */
  int cublasSetWorkspace_v2(Pointer handle, long workspace, long bytes);

  /** {@code C = alpha op(A) op(B) + beta C} in mixed formats. */
  int cublasGemmEx(
      Pointer handle,
      int transposeA,
      int transposeB,
      int m,
      int n,
      int k,
      Pointer alpha,
      long a,
      int typeA,
      int leadingA,
      long b,
      int typeB,
      int leadingB,
      Pointer beta,
      long c,
      int typeC,
      int leadingC,
      int computeType,
      int algorithm);

  /** Products of many equal matrices. */
  int cublasGemmStridedBatchedEx(
      Pointer handle,
      int transposeA,
      int transposeB,
      int m,
      int n,
      int k,
      Pointer alpha,
      long a,
      int typeA,
      int leadingA,
      long strideA,
      long b,
      int typeB,
      int leadingB,
      long strideB,
      Pointer beta,
      long c,
      int typeC,
      int leadingC,
      long strideC,
      int batch,
      int computeType,
      int algorithm);

  /** Solves with a triangle, F32. */
  int cublasStrsm_v2(
      Pointer handle,
      int side,
      int triangle,
      int transpose,
      int diagonal,
      int m,
      int n,
      Pointer alpha,
      long a,
      int leadingA,
      long b,
      int leadingB);

  /** Solves with a triangle, F64. */
  int cublasDtrsm_v2(
      Pointer handle,
      int side,
      int triangle,
      int transpose,
      int diagonal,
      int m,
      int n,
      Pointer alpha,
      long a,
      int leadingA,
      long b,
      int leadingB);
}
