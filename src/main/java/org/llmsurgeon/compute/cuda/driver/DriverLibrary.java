package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * Functions of the CUDA driver, libcuda, as of version 12. Each returns a status, 0 for success;
 * addresses on the card are longs.
 */
public interface DriverLibrary extends Library {
  /** Starts the driver. */
  int cuInit(int flags);

  /** Version of the driver. */
  int cuDriverGetVersion(IntByReference version);

  /** How many cards there are. */
  int cuDeviceGetCount(IntByReference count);

  /** A card by its number. */
  int cuDeviceGet(IntByReference device, int ordinal);

  /** Name of a card. */
  int cuDeviceGetName(byte[] name, int length, int device);

  /** A property of a card. */
  int cuDeviceGetAttribute(IntByReference value, int attribute, int device);

  /** Memory of a card, bytes. */
  int cuDeviceTotalMem_v2(LongByReference bytes, int device);

  /** The context that all of the process share. */
  int cuDevicePrimaryCtxRetain(PointerByReference context, int device);

  /** Gives that context back. */
  int cuDevicePrimaryCtxRelease_v2(int device);

  /** Makes a context the one of this thread. */
  int cuCtxSetCurrent(Pointer context);

  /** Free and all memory of the context, bytes. */
  int cuMemGetInfo_v2(LongByReference free, LongByReference total);

  /** Memory on the card. */
  int cuMemAlloc_v2(LongByReference address, long bytes);

  /** Gives memory back. */
  int cuMemFree_v2(long address);

  /** Page-locked memory of the host. */
  int cuMemAllocHost_v2(PointerByReference memory, long bytes);

  /** Gives page-locked memory back. */
  int cuMemFreeHost(Pointer memory);

  /** Copies to the card. */
  int cuMemcpyHtoDAsync_v2(long to, Pointer from, long bytes, Pointer stream);

  /** Copies to the host. */
  int cuMemcpyDtoHAsync_v2(Pointer to, long from, long bytes, Pointer stream);

  /** Copies on the card. */
  int cuMemcpyDtoDAsync_v2(long to, long from, long bytes, Pointer stream);

  /** Sets bytes. */
  int cuMemsetD8Async(long to, byte value, long bytes, Pointer stream);

  /** Makes a stream. */
  int cuStreamCreate(PointerByReference stream, int flags);

  /** Gives a stream back. */
  int cuStreamDestroy_v2(Pointer stream);

  /** Waits for all work of a stream. */
  int cuStreamSynchronize(Pointer stream);

  /** Makes an event. */
  int cuEventCreate(PointerByReference event, int flags);

  /** Queues an event. */
  int cuEventRecord(Pointer event, Pointer stream);

  /** Waits for an event. */
  int cuEventSynchronize(Pointer event);

  /** Gives an event back. */
  int cuEventDestroy_v2(Pointer event);

  /** Loads a compiled program. */
  int cuModuleLoadData(PointerByReference module, Pointer image);

  /** Gives a program back. */
  int cuModuleUnload(Pointer module);

  /** A kernel of a program. */
  int cuModuleGetFunction(PointerByReference function, Pointer module, String name);

  /** Queues a kernel. */
  int cuLaunchKernel(
      Pointer function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      Pointer stream,
      Pointer arguments,
      Pointer extra);

  /** Name of a status. */
  int cuGetErrorName(int status, PointerByReference name);
}
