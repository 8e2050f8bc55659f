package org.llmsurgeon.compute.cuda.driver;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.llmsurgeon.compute.DeviceUnavailableException;

/**
 * Where the libraries of CUDA may lie: the folders of the system property {@code
 * surgeon.cuda.libraries}, of {@code LD_LIBRARY_PATH}, of the toolkit, and of NVIDIA's packages for
 * Python; the first folder that has a library wins, and in it the newest version.
 *
 * @param folders in the order in which they are searched
 */
record LibrarySearch(List<Path> folders) {
  /** System property: folders, separated as in a class path, that are searched first. */
  static final String PROPERTY = "surgeon.cuda.libraries";

  private static final List<String> TOOLKIT =
      List.of(
          "/usr/local/cuda/lib64",
          "/usr/local/cuda/targets/x86_64-linux/lib",
          "/usr/local/cuda/targets/sbsa-linux/lib");

  /** Folders within a package folder of Python; those of CUDA 13, then those of CUDA 12. */
  private static final List<String> PACKAGES =
      List.of(
          "nvidia/cu13/lib",
          "nvidia/nvjitlink/lib",
          "nvidia/cublas/lib",
          "nvidia/cusparse/lib",
          "nvidia/cusolver/lib",
          "nvidia/cuda_nvrtc/lib");

  static LibrarySearch ofThisMachine() {
    Set<Path> folders = new LinkedHashSet<>();
    addAll(folders, System.getProperty(PROPERTY));
    addAll(folders, System.getenv("LD_LIBRARY_PATH"));
    TOOLKIT.forEach(each -> folders.add(Path.of(each)));
    for (Path packages : packageFolders()) {
      PACKAGES.forEach(each -> folders.add(packages.resolve(each)));
    }
    folders.removeIf(each -> !Files.isDirectory(each));
    return new LibrarySearch(List.copyOf(folders));
  }

  private static void addAll(Set<Path> folders, String path) {
    if (path != null) {
      for (String each : path.split(File.pathSeparator)) {
        if (!each.isBlank()) {
          folders.add(Path.of(each));
        }
      }
    }
  }

  /** Folders of Python packages: of the active environment, of the user, of the system. */
  private static List<Path> packageFolders() {
    List<Path> roots = new ArrayList<>();
    for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      Optional.ofNullable(System.getenv(variable)).ifPresent(each -> roots.add(Path.of(each)));
    }
    roots.add(Path.of(System.getProperty("user.home"), ".local"));
    roots.add(Path.of("/usr/local"));
    roots.add(Path.of("/usr"));
    List<Path> folders = new ArrayList<>();
    for (Path root : roots) {
      for (Path python : matching(root.resolve("lib"), "python3*")) {
        folders.add(python.resolve("site-packages"));
        folders.add(python.resolve("dist-packages"));
      }
    }
    return folders;
  }

  /** The file of a library, of its newest version. */
  Optional<Path> find(String name) {
    for (Path folder : folders) {
      Optional<Path> newest =
          matching(folder, name + "*").stream()
              .filter(each -> isVersion(each.getFileName().toString(), name))
              .max(Comparator.comparingInt(each -> major(each, name)));
      if (newest.isPresent()) {
        return newest;
      }
    }
    return Optional.empty();
  }

  /** Loads a library that others need, where it is found; they say themselves if it is missing. */
  void preload(String name) {
    find(name).ifPresent(CudaLibraries::keep);
  }

  DeviceUnavailableException missing(String name) {
    return new DeviceUnavailableException(
        "The CUDA library "
            + name
            + " is not found; install the CUDA toolkit or \"pip install nvidia-cublas"
            + " nvidia-cusolver nvidia-cuda-nvrtc nvidia-cusparse nvidia-nvjitlink\", or name its"
            + " folder with -D"
            + PROPERTY
            + ".");
  }

  private static boolean isVersion(String file, String name) {
    return file.substring(name.length()).matches("(\\.\\d+)*");
  }

  /** The major version, as in {@code libcublas.so.13.1}; 0 where the name has none. */
  private static int major(Path file, String name) {
    String version = file.getFileName().toString().substring(name.length());
    return version.isEmpty() ? 0 : Integer.parseInt(version.substring(1).split("\\.")[0]);
  }

  private static List<Path> matching(Path folder, String glob) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
        files.forEach(found::add);
      } catch (IOException e) {
        // A folder that cannot be read has nothing for us
        return List.of();
      }
    }
    found.sort(Comparator.naturalOrder());
    return found;
  }
}
