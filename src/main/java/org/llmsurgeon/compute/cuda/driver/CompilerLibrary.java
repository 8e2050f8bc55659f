package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/** Functions of NVRTC, the compiler of kernels. Each returns a status, 0 for success. */
interface CompilerLibrary extends Library {
  int nvrtcVersion(IntByReference major, IntByReference minor);

  int nvrtcCreateProgram(
      PointerByReference program,
      String source,
      String name,
      int headers,
      Pointer contents,
      Pointer names);

  int nvrtcCompileProgram(Pointer program, int options, String[] values);

  int nvrtcGetProgramLogSize(Pointer program, LongByReference size);

  int nvrtcGetProgramLog(Pointer program, byte[] log);

  int nvrtcGetCUBINSize(Pointer program, LongByReference size);

  int nvrtcGetCUBIN(Pointer program, byte[] image);

  int nvrtcDestroyProgram(PointerByReference program);
}
