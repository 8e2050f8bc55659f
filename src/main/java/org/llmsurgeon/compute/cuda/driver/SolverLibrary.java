package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * Functions of cuSOLVER for dense matrices, which it sees column by column. Each returns a status,
 * 0 for success; what LAPACK calls info lies on the card.
 */
public interface SolverLibrary extends Library {
  /** Makes a handle. */
  int cusolverDnCreate(PointerByReference handle);

  /** Gives a handle back. */
  int cusolverDnDestroy(Pointer handle);

  /** Queues later calls on a stream. */
  int cusolverDnSetStream(Pointer handle, Pointer stream);

  /** F32: scratch of a Cholesky factorisation, elements. */
  int cusolverDnSpotrf_bufferSize(
      Pointer handle, int triangle, int n, long a, int leading, IntByReference size);

  /** F64: scratch of a Cholesky factorisation, elements. */
  int cusolverDnDpotrf_bufferSize(
      Pointer handle, int triangle, int n, long a, int leading, IntByReference size);

  /** F32: Cholesky factorisation. */
  int cusolverDnSpotrf(
      Pointer handle, int triangle, int n, long a, int leading, long work, int size, long info);

  /** F64: Cholesky factorisation. */
  int cusolverDnDpotrf(
      Pointer handle, int triangle, int n, long a, int leading, long work, int size, long info);

  /** F32: scratch of an inversion from a Cholesky factor, elements. */
  int cusolverDnSpotri_bufferSize(
      Pointer handle, int triangle, int n, long a, int leading, IntByReference size);

  /** F64: scratch of an inversion from a Cholesky factor, elements. */
  int cusolverDnDpotri_bufferSize(
      Pointer handle, int triangle, int n, long a, int leading, IntByReference size);

  /** F32: inverse from a Cholesky factor. */
  int cusolverDnSpotri(
      Pointer handle, int triangle, int n, long a, int leading, long work, int size, long info);

  /** F64: inverse from a Cholesky factor. */
  int cusolverDnDpotri(
      Pointer handle, int triangle, int n, long a, int leading, long work, int size, long info);

  /** F32: scratch of an eigendecomposition, elements. */
  int cusolverDnSsyevd_bufferSize(
      Pointer handle, int job, int triangle, int n, long a, int leading, long w, IntByReference l);

  /** F64: scratch of an eigendecomposition, elements. */
  int cusolverDnDsyevd_bufferSize(
      Pointer handle, int job, int triangle, int n, long a, int leading, long w, IntByReference l);

  /** F32: eigenvalues and eigenvectors of a symmetric matrix. */
  int cusolverDnSsyevd(
      Pointer handle,
      int job,
      int triangle,
      int n,
      long a,
      int leading,
      long values,
      long work,
      int size,
      long info);

  /** F64: eigenvalues and eigenvectors of a symmetric matrix. */
  int cusolverDnDsyevd(
      Pointer handle,
      int job,
      int triangle,
      int n,
      long a,
      int leading,
      long values,
      long work,
      int size,
      long info);
}
