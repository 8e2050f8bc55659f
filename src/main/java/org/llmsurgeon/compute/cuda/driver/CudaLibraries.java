package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import java.nio.file.Path;
import java.util.List;
import org.llmsurgeon.compute.DeviceUnavailableException;

/**
 * The libraries of CUDA in this process, loaded on the first use.
 *
 * @param driver libcuda, which comes with the driver of the card
 * @param blas cuBLAS
 * @param solver cuSOLVER
 * @param compiler NVRTC
 */
public record CudaLibraries(
    DriverLibrary driver, BlasLibrary blas, SolverLibrary solver, CompilerLibrary compiler) {
  /** The oldest driver whose cards are used: that of CUDA 12. */
  private static final int OLDEST_DRIVER = 12000;

  private static DriverLibrary sharedDriver;
  private static CudaLibraries shared;

  /**
   * The driver, ready for use.
   *
   * @throws DeviceUnavailableException if there is none, it is too old or finds no card
   */
  static synchronized DriverLibrary driverAlone() {
    if (sharedDriver == null) {
      DriverLibrary driver = loadDriver(LibrarySearch.ofThisMachine());
      IntByReference version = new IntByReference();
      if (driver.cuDriverGetVersion(version) == 0 && version.getValue() < OLDEST_DRIVER) {
        int found = version.getValue();
        throw new DeviceUnavailableException(
            "The CUDA driver is too old: it is of CUDA "
                + found / 1000
                + "."
                + found % 1000 / 10
                + ", but 12.0 (driver 525) or newer is needed.");
      }
      int status = driver.cuInit(0);
      if (status != 0) {
        throw new DeviceUnavailableException(
            "The CUDA driver finds no card it can use (cuInit says "
                + status
                + "); nvidia-smi and CUDA_VISIBLE_DEVICES show which there are.");
      }
      sharedDriver = driver;
    }
    return sharedDriver;
  }

  /**
   * All libraries.
   *
   * @throws DeviceUnavailableException if one is missing
   */
  static synchronized CudaLibraries load() {
    if (shared == null) {
      DriverLibrary driver = driverAlone();
      LibrarySearch search = LibrarySearch.ofThisMachine();
      // Those that others need come first; an older loader does not find them by itself
      search.preload("libnvJitLink.so");
      search.preload("libcublasLt.so");
      BlasLibrary blas = open(search, "libcublas.so", BlasLibrary.class);
      search.preload("libcusparse.so");
      SolverLibrary solver = open(search, "libcusolver.so", SolverLibrary.class);
      search.preload("libnvrtc-builtins.so");
      CompilerLibrary compiler = open(search, "libnvrtc.so", CompilerLibrary.class);
      shared = new CudaLibraries(driver, blas, solver, compiler);
    }
    return shared;
  }

  private static DriverLibrary loadDriver(LibrarySearch search) {
    String name = search.find("libcuda.so").map(Path::toString).orElse("libcuda.so.1");
    try {
      return Native.load(name, DriverLibrary.class);
    } catch (UnsatisfiedLinkError e) {
      throw new DeviceUnavailableException(
          "There is no CUDA driver here (libcuda.so.1 is not found); install NVIDIA's driver, or"
              + " run without a card.",
          e);
    }
  }

  private static <T extends Library> T open(LibrarySearch search, String name, Class<T> type) {
    Path file = search.find(name).orElseThrow(() -> search.missing(name));
    try {
      return Native.load(file.toString(), type);
    } catch (UnsatisfiedLinkError e) {
      throw new DeviceUnavailableException(
          "The library " + file + " cannot be loaded: " + firstLine(e) + ".", e);
    }
  }

  /** Loads one library by its path, for others that name it. */
  static void keep(Path file) {
    NativeLibrary.getInstance(file.toString());
  }

  static String firstLine(Throwable e) {
    return List.of(String.valueOf(e.getMessage()).split("\n")).get(0);
  }
}
