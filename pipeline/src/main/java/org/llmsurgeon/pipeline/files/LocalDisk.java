package org.llmsurgeon.pipeline.files;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.LocalStorage;

/** What the local disk can do beyond {@link org.llmsurgeon.checkpoint.storage.Storage}. */
final class LocalDisk {
  private final LocalStorage storage = new LocalStorage();

  LocalStorage storage() {
    return storage;
  }

  List<String> entries(String folder) {
    try (Stream<Path> files = Files.list(path(folder))) {
      return files.map(each -> each.getFileName().toString()).sorted().toList();
    } catch (IOException failure) {
      throw new InputException(folder + " cannot be read as a folder; give a folder", failure);
    }
  }

  boolean isFolder(String path) {
    return Files.isDirectory(path(path));
  }

  /** Bytes of all files in a folder and below it; a file that goes meanwhile counts as none. */
  long bytesIn(String folder) {
    return bytesIn(path(folder).toFile());
  }

  /** What goes away while it is counted is no error: this is for the report only. */
  private static long bytesIn(File file) {
    File[] inside = file.listFiles();
    return inside == null ? file.length() : Stream.of(inside).mapToLong(LocalDisk::bytesIn).sum();
  }

  /** What is there at a path, else at the nearest one above it; null where there is none. */
  String nearestAtOrAbove(String path) {
    Path each = path(path).toAbsolutePath();
    while (each != null && !Files.exists(each)) {
      each = each.getParent();
    }
    return each == null ? null : each.toString();
  }

  void rename(String from, String to) {
    try {
      Path target = path(to);
      Files.createDirectories(target.toAbsolutePath().getParent());
      Files.move(path(from), target);
    } catch (IOException failure) {
      throw new UncheckedIOException(from + " could not be moved to " + to, failure);
    }
  }

  /** As {@link #rename}, in one step over a file that may be there. */
  void replace(String from, String to) {
    try {
      Files.move(path(from), path(to), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      throw new UncheckedIOException(from + " could not be moved to " + to, failure);
    }
  }

  /** Follows links as far as the path exists, so that one place has one name. */
  String absolute(String path) {
    Path normal = path(path).toAbsolutePath().normalize();
    Path existing = normal;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null) {
      return normal.toString();
    }
    try {
      return existing.toRealPath().resolve(existing.relativize(normal)).normalize().toString();
    } catch (IOException failure) {
      throw new InputException(path + " cannot be reached; check its permissions", failure);
    }
  }

  private static Path path(String path) {
    try {
      return Path.of(path.startsWith("file:") ? decoded(path) : path);
    } catch (InvalidPathException failure) {
      throw new InputException("\"" + path + "\" is not a path; give a file or folder", failure);
    }
  }

  private static String decoded(String uri) {
    try {
      return URI.create("file://" + URI.create(uri).getRawPath()).getPath();
    } catch (IllegalArgumentException unescaped) {
      // Written by hand, with blanks and all: what stands there is meant.
      return uri.substring("file:".length()).replaceFirst("^//+", "/");
    }
  }
}
