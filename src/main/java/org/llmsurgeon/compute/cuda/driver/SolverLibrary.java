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
  int cusolverDnCreate(PointerByReference handle);

  int cusolverDnDestroy(Pointer handle);

  int cusolverDnSetStream(Pointer handle, Pointer stream);

  int cusolverDnSpotrf_bufferSize(
      Pointer handle, int triangle, int n, long a, int leading, IntByReference size);

  int cusolverDnDpotrf_bufferSize(
      Pointer handle, int triangle, int n, long a, int leading, IntByReference size);

  int cusolverDnSpotrf(
      Pointer handle, int triangle, int n, long a, int leading, long work, int size, long info);

  int cusolverDnDpotrf(
      Pointer handle, int triangle, int n, long a, int leading, long work, int size, long info);

  int cusolverDnSpotri_bufferSize(
      Pointer handle, int triangle, int n, long a, int leading, IntByReference size);

  int cusolverDnDpotri_bufferSize(
      Pointer handle, int triangle, int n, long a, int leading, IntByReference size);

  int cusolverDnSpotri(
      Pointer handle, int triangle, int n, long a, int leading, long work, int size, long info);

  int cusolverDnDpotri(
      Pointer handle, int triangle, int n, long a, int leading, long work, int size, long info);

  int cusolverDnSsyevd_bufferSize(
      Pointer handle, int job, int triangle, int n, long a, int leading, long w, IntByReference l);

  int cusolverDnDsyevd_bufferSize(
      Pointer handle, int job, int triangle, int n, long a, int leading, long w, IntByReference l);

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
