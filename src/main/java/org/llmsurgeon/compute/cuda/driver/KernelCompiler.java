package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.llmsurgeon.compute.DeviceUnavailableException;

/**
 * Compiles kernels for an architecture. What was compiled is kept in {@code llm-surgeon/cuda} of
 * the user's cache folder, or in the folder that {@code -Dsurgeon.cuda.cache} names, by a hash of
 * the source, the architecture and the compiler; where that folder cannot be written, every process
 * compiles anew.
 */
public final class KernelCompiler {
  /** System property: the folder in which compiled kernels are kept. */
  static final String CACHE_PROPERTY = "surgeon.cuda.cache";

  private static final String STANDARD = "-std=c++17";

  private final CompilerLibrary library;

  /** The compiler of a library. */
  public KernelCompiler(CompilerLibrary library) {
    this.library = library;
  }

  /**
   * Machine code of a source.
   *
   * @param source CUDA C++
   * @param architecture for example {@code sm_90}
   * @throws DeviceUnavailableException if the compiler does not know the architecture
   */
  public byte[] compile(String source, String architecture) {
    Path file = cacheFolder().resolve(hash(source, architecture) + ".cubin");
    try {
      if (Files.isRegularFile(file)) {
        return Files.readAllBytes(file);
      }
    } catch (IOException e) {
      // Compiled again below
      return compileNow(source, architecture);
    }
    byte[] image = compileNow(source, architecture);
    keep(file, image);
    return image;
  }

  private byte[] compileNow(String source, String architecture) {
    PointerByReference program = new PointerByReference();
    CudaContext.require(
        "nvrtcCreateProgram",
        library.nvrtcCreateProgram(program, source, "kernels.cu", 0, null, null));
    try {
      Pointer handle = program.getValue();
      String[] options = {"--gpu-architecture=" + architecture, STANDARD};
      if (library.nvrtcCompileProgram(handle, options.length, options) != 0) {
        throw new DeviceUnavailableException(
            "NVRTC "
                + version()
                + " does not compile the kernels for "
                + architecture
                + "; a newer CUDA toolkit may know this card. It says: "
                + log(handle));
      }
      LongByReference size = new LongByReference();
      CudaContext.require("nvrtcGetCUBINSize", library.nvrtcGetCUBINSize(handle, size));
      byte[] image = new byte[Math.toIntExact(size.getValue())];
      CudaContext.require("nvrtcGetCUBIN", library.nvrtcGetCUBIN(handle, image));
      return image;
    } finally {
      library.nvrtcDestroyProgram(program);
    }
  }

  private String log(Pointer program) {
    LongByReference size = new LongByReference();
    if (library.nvrtcGetProgramLogSize(program, size) != 0 || size.getValue() == 0) {
      return "nothing";
    }
    byte[] log = new byte[Math.toIntExact(size.getValue())];
    library.nvrtcGetProgramLog(program, log);
    return Native.toString(log).strip();
  }

  private String version() {
    IntByReference major = new IntByReference();
    IntByReference minor = new IntByReference();
    CudaContext.require("nvrtcVersion", library.nvrtcVersion(major, minor));
    return major.getValue() + "." + minor.getValue();
  }

  private String hash(String source, String architecture) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      String key = String.join("\0", version(), architecture, STANDARD, source);
      byte[] bytes = digest.digest(key.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  private static Path cacheFolder() {
    String chosen = System.getProperty(CACHE_PROPERTY);
    if (chosen != null && !chosen.isBlank()) {
      return Path.of(chosen);
    }
    String cache = System.getenv("XDG_CACHE_HOME");
    Path root =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return root.resolve("llm-surgeon").resolve("cuda");
  }

  /** Under another name first, so that no process ever reads half a file. */
  private static void keep(Path file, byte[] image) {
    try {
      Files.createDirectories(file.getParent());
      Path part = Files.createTempFile(file.getParent(), "part", ".cubin");
      Files.write(part, image);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // A cache that cannot be written costs the next process a second
      return;
    }
  }
}
