package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * Functions of cuBLAS, which sees matrices column by column. Each returns a status, 0 for success.
 * Scalars lie in memory of the host.
 */
public interface BlasLibrary extends Library {
  int cublasCreate_v2(PointerByReference handle);

  int cublasDestroy_v2(Pointer handle);

  int cublasSetStream_v2(Pointer handle, Pointer stream);

  int cublasSetWorkspace_v2(Pointer handle, long workspace, long bytes);

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
