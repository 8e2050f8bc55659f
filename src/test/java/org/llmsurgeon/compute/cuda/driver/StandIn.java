package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.llmsurgeon.compute.cuda.operand.KernelSource;

/**
 * A library that stands in for CUDA's on machines without a card, compiled by g++ from the kernels
 * themselves and from plain loops in place of cuBLAS and cuSOLVER. It shows what the Java code and
 * the kernels do; it cannot show speed, real races, or a wrong idea of the real libraries.
 */
public final class StandIn {
  private static final List<String> LIBRARIES =
      List.of("libcuda.so.1", "libcublas.so.13", "libcusolver.so.12", "libnvrtc.so.13");

  private static final List<String> COMMAND =
      List.of(
          "g++", "-std=c++17", "-O2", "-ftree-vectorize", "-U_FORTIFY_SOURCE", "-shared", "-fPIC");

  /** What the library tells tests alone. */
  public interface Control extends Library {
    /** Bytes of the card's memory that are taken. */
    long standinBytes();

    /** Pieces of the card's memory that are taken. */
    long standinBlocks();

    /** Kernels launched so far. */
    long standinLaunches();

    /** Sets the memory of each card. */
    void standinLimit(long bytes);

    /** Whether the threads of a block run last first. */
    void standinBackwards(int on);

    /** Makes a function return a status from now on; 0 for none. */
    void standinFail(String function, int status);
  }

  private static Control control;

  private StandIn() {}

  /**
   * Makes this process find the library in place of CUDA's. Skips the test where there is no g++.
   *
   * @return what it tells tests
   */
  public static synchronized Control use() {
    if (control == null) {
      Path folder = build();
      System.setProperty(LibrarySearch.PROPERTY, folder.toString());
      System.setProperty(KernelCompiler.CACHE_PROPERTY, folder.resolve("cache").toString());
      control = Native.load(folder.resolve(LIBRARIES.get(0)).toString(), Control.class);
    }
    return control;
  }

  /**
   * The folder with the library under the names of CUDA's, for processes of their own. Skips the
   * test where there is no g++.
   */
  public static Path build() {
    Assumptions.assumeTrue(isCompilerThere(), "The stand-in for CUDA needs g++");
    String kernels = KernelSource.text();
    String library = resource("standin.cpp");
    String fibers = resource("fibers.h");
    Path folder =
        Path.of("target", "cuda-stand-in", hash(kernels, library, fibers)).toAbsolutePath();
    try {
      if (!Files.exists(folder)) {
        Files.createDirectories(folder.getParent());
        Path part = Files.createTempDirectory(folder.getParent(), "part");
        Files.writeString(part.resolve("kernels.inc"), kernels);
        Files.writeString(part.resolve("names.inc"), table(kernels));
        Files.writeString(part.resolve("standin.cpp"), library);
        Files.writeString(part.resolve("fibers.h"), fibers);
        compile(part);
        for (String name : LIBRARIES.subList(1, LIBRARIES.size())) {
          Files.createSymbolicLink(part.resolve(name), Path.of(LIBRARIES.get(0)));
        }
        moveUnlessThere(part, folder);
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Another process of the tests may have been faster. */
  private static void moveUnlessThere(Path part, Path folder) throws IOException {
    try {
      Files.move(part, folder);
    } catch (FileSystemException failure) {
      if (!Files.exists(folder)) {
        throw failure;
      }
    }
  }

  private static String table(String kernels) {
    return KernelSource.names(kernels).stream()
        .map(each -> "KERNEL(" + each + ")\n")
        .collect(Collectors.joining());
  }

  private static boolean isCompilerThere() {
    try {
      return run(List.of("g++", "--version"), Path.of(".")).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private static void compile(Path folder) throws IOException {
    List<String> command = new ArrayList<>(COMMAND);
    command.addAll(List.of("-o", LIBRARIES.get(0), "standin.cpp"));
    String errors = run(command, folder);
    if (!errors.isEmpty()) {
      throw new IllegalStateException("The stand-in for CUDA does not compile:\n" + errors);
    }
  }

  /** What a failing command wrote; empty where it succeeded. */
  private static String run(List<String> command, Path folder) throws IOException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    try (InputStream in = process.getInputStream()) {
      String output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      boolean done = process.waitFor(2, TimeUnit.MINUTES);
      return done && process.exitValue() == 0 ? "" : "failed: " + output;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = StandIn.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hash(String... texts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(String.join("\0", COMMAND).getBytes(StandardCharsets.UTF_8));
      for (String text : texts) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
