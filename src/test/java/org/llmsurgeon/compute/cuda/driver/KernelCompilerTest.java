package org.llmsurgeon.compute.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.DeviceUnavailableException;
import org.llmsurgeon.compute.cuda.operand.KernelSource;

/**
 * The kernels, by NVIDIA's own compiler from its package for Python, for the cards of three
 * generations: no card or driver is needed for that.
 */
class KernelCompilerTest {
  /** The newest of CUDA 12, which has the oldest driver that is supported. */
  private static final String PACKAGE = "nvidia-cuda-nvrtc-cu12==12.9.86";

  private static CompilerLibrary library;
  private static String before;

  @TempDir static Path temp;

  @BeforeAll
  static void fetch() throws Exception {
    Path folder = Path.of("target", "nvrtc").toAbsolutePath();
    if (!Files.isDirectory(folder.resolve("nvidia"))) {
      Assumptions.assumeTrue(
          runs("python3", "-m", "pip", "--version"), "NVRTC comes with Python's pip");
      Assumptions.assumeTrue(
          runs(
              "python3",
              "-m",
              "pip",
              "install",
              "-q",
              "--no-deps",
              "--target",
              folder + ".part",
              PACKAGE),
          "pip cannot fetch " + PACKAGE);
      Files.move(Path.of(folder + ".part"), folder);
    }
    LibrarySearch search = new LibrarySearch(List.of(folder.resolve("nvidia/cuda_nvrtc/lib")));
    search.preload("libnvrtc-builtins.so");
    library =
        Native.load(search.find("libnvrtc.so").orElseThrow().toString(), CompilerLibrary.class);
    before = System.setProperty(KernelCompiler.CACHE_PROPERTY, temp.toString());
  }

  @AfterAll
  static void restore() {
    if (before == null) {
      System.clearProperty(KernelCompiler.CACHE_PROPERTY);
    } else {
      System.setProperty(KernelCompiler.CACHE_PROPERTY, before);
    }
  }

  private static boolean runs(String... command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException missing) {
      return false;
    }
    process.getInputStream().readAllBytes();
    return process.waitFor(5, TimeUnit.MINUTES) && process.exitValue() == 0;
  }

  @ParameterizedTest
  @ValueSource(strings = {"sm_80", "sm_90", "sm_100"})
  void allKernelsCompileForEveryGenerationAndAreKept(String architecture) throws Exception {
    byte[] image = new KernelCompiler(library).compile(KernelSource.text(), architecture);
    assertThat(new String(image, 1, 3, StandardCharsets.US_ASCII))
        .as("machine code, not a text")
        .isEqualTo("ELF");
    String code = new String(image, StandardCharsets.ISO_8859_1);
    assertThat(KernelSource.names(KernelSource.text()))
        .hasSizeGreaterThan(50)
        .allMatch(code::contains);
    try (Stream<Path> kept = Files.list(temp)) {
      assertThat(kept).anyMatch(file -> sameBytes(file, image));
    }
    assertThat(new KernelCompiler(library).compile(KernelSource.text(), architecture))
        .isEqualTo(image);
  }

  @Test
  void aCardThatTheCompilerDoesNotKnowIsNamed() {
    assertThatThrownBy(() -> new KernelCompiler(library).compile("", "sm_999"))
        .isInstanceOf(DeviceUnavailableException.class)
        .hasMessageContaining("NVRTC 12.9 does not compile the kernels for sm_999");
  }

  private static boolean sameBytes(Path file, byte[] image) {
    try {
      return Arrays.equals(Files.readAllBytes(file), image);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
