package org.llmsurgeon.checkpoint.storage;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;

/**
 * The file system of this machine. Paths are plain ones ({@code models/tiny}) or {@code file:} URIs
 * ({@code file:/models/tiny}, {@code file:///models/tiny}), in which {@code %20} and its kind stand
 * for the byte they name.
 */
public final class LocalStorage implements Storage {
  private static final Pattern OTHER_SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");
  private static final int BUFFER = 1 << 16;

  @Override
  public ByteSource open(String path) {
    Path file = existingFile(path);
    try {
      return new LocalFile(path, file);
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  @Override
  public OutputStream create(String path) {
    Path file = resolve(path);
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
    } catch (IOException e) {
      throw new InputException(
          "the folder of " + path + " cannot be made (" + Reason.of(e) + "); choose another place",
          e);
    }
    try {
      return new BufferedOutputStream(
          Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
          BUFFER);
    } catch (IOException e) {
      throw new UncheckedIOException(path + " could not be created", e);
    }
  }

  @Override
  public boolean exists(String path) {
    return Files.exists(resolve(path));
  }

  @Override
  public List<String> list(String folder) {
    Path path = resolve(folder);
    if (!Files.exists(path)) {
      throw Files.isSymbolicLink(path)
          ? new InputException(folder + " is a link that leads to nothing; mend or remove it")
          : missing(folder);
    }
    if (!Files.isDirectory(path)) {
      throw new InputException(folder + " is a file; give a folder");
    }
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(path)) {
      for (Path each : stream) {
        if (Files.isRegularFile(each)) {
          names.add(each.getFileName().toString());
        }
      }
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
    Collections.sort(names);
    return names;
  }

  @Override
  public void delete(String path, boolean recursive) {
    Path root = resolve(path);
    try {
      if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
        return;
      }
      if (recursive) {
        Files.walkFileTree(root, new Deletion());
      } else {
        Files.deleteIfExists(root);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(path + " could not be deleted", e);
    }
  }

  @Override
  public long length(String path) {
    try {
      return Files.size(existingFile(path));
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private static Path existingFile(String path) {
    Path file = resolve(path);
    if (!Files.exists(file)) {
      throw Files.isSymbolicLink(file)
          ? new InputException(path + " is a link that leads to nothing; mend or remove it")
          : missing(path);
    }
    if (Files.isDirectory(file)) {
      throw new InputException(path + " is a folder; give a file");
    }
    return file;
  }

  /** The path that a plain path or a {@code file:} URI means. */
  static Path resolve(String path) {
    if (path.isEmpty()) {
      throw new InputException("a path is empty; give a file or folder");
    }
    String plain = path;
    if (path.startsWith("file:")) {
      plain = PercentEscapes.decode(path.substring("file:".length()).replaceFirst("^//+", "/"));
    } else if (OTHER_SCHEME.matcher(path).matches()) {
      throw new InputException(path + " is not on this machine; give a local path or a file: URI");
    }
    try {
      return Path.of(plain);
    } catch (InvalidPathException e) {
      String encoding = System.getProperty("sun.jnu.encoding", "UTF-8");
      String remedy =
          encoding.startsWith("UTF")
              ? "give a file or folder"
              : "names of files are in " + encoding + " here: set LC_ALL=C.UTF-8";
      throw new InputException("\"" + path + "\" is not a path; " + remedy, e);
    }
  }

  private static InputException missing(String path) {
    return new InputException(path + " does not exist; check the path");
  }

  private static InputException unreadable(String path, IOException e) {
    if (e instanceof NoSuchFileException) {
      return missing(path);
    }
    return new InputException(
        path + " cannot be read (" + Reason.of(e) + "); check its permissions", e);
  }

  /** Deletes everything under a root, links as links. */
  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
