package org.llmsurgeon;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where libraries of native code (OpenBLAS, the tokenizers) are unpacked before they are loaded.
 * Each library has a folder of its own in the user's home. Where there is no home, as in a
 * container that runs as a number, they would meet those of other users in the temporary folder: so
 * there it is a folder that only this user may enter.
 */
public final class NativeLibraries {
  /** Environment variable: the folder, where the user chooses one. */
  public static final String VARIABLE = "SURGEON_CACHE";

  /** What to do where a library cannot be loaded from the folder. */
  private static final String REMEDY =
      "set " + VARIABLE + " to a folder that can be written and from which programs may run";

  /** OpenBLAS for the processors of one system. */
  private static final long ROOM = 48L << 20;

  private static final String OPENBLAS = "org.bytedeco.javacpp.cachedir";
  private static final String TOKENIZERS = "DJL_CACHE_DIR";
  private static final String ZSTD = "ZstdTempFolder";
  private static final String OWNER = "unix:uid";

  private static boolean prepared;

  private NativeLibraries() {}

  /** Says where the libraries go, unless it was said. Must run before the first one is loaded. */
  public static synchronized void prepare() {
    if (!prepared) {
      prepared = true;
      folder(System.getenv(), System.getProperty("user.home"), System.getProperty("java.io.tmpdir"))
          .ifPresent(NativeLibraries::use);
    }
  }

  /**
   * What to say where a library cannot be loaded: that the disk it is unpacked on is full, where it
   * is, or else why and what helps.
   *
   * @param library which one
   * @param otherwise another thing that helps, after a comma; may be empty
   * @param failure what was thrown
   */
  public static InputException unusable(String library, String otherwise, Throwable failure) {
    return unusable(library, otherwise, failure, folders());
  }

  /**
   * As the other, with the folders where libraries are unpacked.
   *
   * @param folders those that are there are looked at
   */
  static InputException unusable(
      String library, String otherwise, Throwable failure, List<Path> folders) {
    for (Path folder : folders) {
      if (isFull(folder)) {
        return new InputException(
            library + " finds no room in " + folder + "; make room, or " + REMEDY + otherwise,
            new FileSystemException(folder.toString(), null, "No space left on device"));
      }
    }
    return new InputException(
        library + " cannot be loaded here (" + reason(failure) + "); " + REMEDY + otherwise,
        failure);
  }

  private static List<Path> folders() {
    return Stream.of(
            System.getProperty(OPENBLAS),
            System.getProperty("user.home"),
            System.getProperty("java.io.tmpdir"))
        .filter(Objects::nonNull)
        .map(Path::of)
        .toList();
  }

  /** Whether there is less room than the largest library takes; false where nobody knows. */
  private static boolean isFull(Path folder) {
    Path there = folder.toAbsolutePath();
    while (there != null && !Files.exists(there)) {
      there = there.getParent();
    }
    try {
      return there != null && Files.getFileStore(there).getUsableSpace() < ROOM;
    } catch (IOException unknown) {
      return false;
    }
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String first = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    String plain = Reason.plain(first);
    return plain.isEmpty() ? "no reason given" : plain;
  }

  private static void use(Path folder) {
    setWhereAbsent(OPENBLAS, folder.resolve("javacpp"));
    setWhereAbsent(ZSTD, folder);
    if (System.getenv(TOKENIZERS) == null) {
      setWhereAbsent(TOKENIZERS, folder.resolve("djl"));
    }
  }

  private static void setWhereAbsent(String property, Path folder) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, folder.toString());
    }
  }

  /**
   * The folder for all libraries.
   *
   * @param environment of the process
   * @param home the user's, by Java; a question mark where there is none
   * @param temporary folder for temporary files
   * @return empty where the home serves
   */
  static Optional<Path> folder(Map<String, String> environment, String home, String temporary) {
    String chosen = environment.getOrDefault(VARIABLE, "");
    if (!chosen.isBlank()) {
      return Optional.of(Path.of(chosen).toAbsolutePath());
    }
    return isUsable(home) ? Optional.empty() : Optional.of(own(Path.of(temporary)));
  }

  private static boolean isUsable(String home) {
    try {
      Path folder = Path.of(home);
      return folder.isAbsolute() && Files.isDirectory(folder) && Files.isWritable(folder);
    } catch (InvalidPathException noPath) {
      return false;
    }
  }

  /** A folder for this user alone, the same for each of its processes. */
  private static Path own(Path temporary) {
    try {
      Path probe = Files.createTempDirectory(temporary, "surgeon-");
      if (!probe.getFileSystem().supportedFileAttributeViews().contains("unix")) {
        return probe;
      }
      Object user = Files.getAttribute(probe, OWNER);
      Path folder = temporary.resolve("surgeon-" + user);
      try {
        Files.createDirectory(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException there) {
        // Libraries are programs: one that somebody else put there must not run here.
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
            || !user.equals(Files.getAttribute(folder, OWNER, LinkOption.NOFOLLOW_LINKS))) {
          return probe;
        }
      }
      Files.delete(probe);
      return folder;
    } catch (IOException failure) {
      throw new InputException(
          "no folder for native libraries can be made in " + temporary + "; " + REMEDY, failure);
    }
  }
}
