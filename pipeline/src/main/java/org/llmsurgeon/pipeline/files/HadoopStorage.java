package org.llmsurgeon.pipeline.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.Storage;

/**
 * All file systems that Hadoop knows, by URI ({@code hdfs:}, {@code s3a:}, ...). Plain paths and
 * {@code file:} URIs mean the local disk, whatever the default file system is; they go past Hadoop,
 * whose local file system writes checksum files beside ours and does not create exclusively.
 */
public final class HadoopStorage implements Storage {
  // One letter is a Windows drive.
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");

  private final LocalDisk local = new LocalDisk();
  private final Configuration configuration;

  /**
   * Access with some settings.
   *
   * @param configuration how to reach the file systems; not changed and not to be changed
   */
  public HadoopStorage(Configuration configuration) {
    this.configuration = configuration;
  }

  /** Whether a path means this machine's disk. */
  public static boolean isLocal(String path) {
    return path.startsWith("file:") || !SCHEME.matcher(path).matches();
  }

  @Override
  public ByteSource open(String path) {
    return Traffic.counted(isLocal(path) ? local.storage().open(path) : at(path, HadoopFile::open));
  }

  @Override
  public OutputStream create(String path) {
    OutputStream out =
        isLocal(path) ? local.storage().create(path) : at(path, HadoopStorage::createExclusively);
    return Traffic.counted(FullDisk.named(path, out));
  }

  private static OutputStream createExclusively(FileSystem system, Path path) throws IOException {
    try {
      FSDataOutputStreamBuilder<?, ?> builder = system.createFile(path);
      builder.recursive().overwrite(false);
      // Object stores check at the end only if they are asked to; others ignore this.
      builder.opt(Options.CreateFileOptionKeys.FS_OPTION_CREATE_CONDITIONAL_OVERWRITE, true);
      return builder.build();
    } catch (org.apache.hadoop.fs.FileAlreadyExistsException taken) {
      throw new FileAlreadyExistsException(path.toString());
    }
  }

  @Override
  public boolean exists(String path) {
    return isLocal(path) ? local.storage().exists(path) : at(path, FileSystem::exists);
  }

  @Override
  public List<String> list(String folder) {
    return isLocal(folder)
        ? local.storage().list(folder)
        : at(folder, (system, path) -> names(system, path, FileStatus::isFile));
  }

  /**
   * The file at a path or above it, which keeps a folder from being made there.
   *
   * @param path absolute path or URI
   * @return empty where there is none
   */
  public Optional<String> fileAtOrAbove(String path) {
    return nearestAtOrAbove(path).filter(each -> !isFolder(each));
  }

  /**
   * What is there at a path, else at the nearest one above it.
   *
   * @param path absolute path or URI
   * @return a file or a folder; empty where there is none
   */
  Optional<String> nearestAtOrAbove(String path) {
    return Optional.ofNullable(
        isLocal(path) ? local.nearestAtOrAbove(path) : at(path, HadoopStorage::nearestAtOrAbove));
  }

  private static String nearestAtOrAbove(FileSystem system, Path path) throws IOException {
    Path each = path;
    while (each != null && !system.exists(each)) {
      each = each.getParent();
    }
    return each == null ? null : each.toString();
  }

  /**
   * Names of the files and folders directly in a folder.
   *
   * @param folder any path
   * @return plain names, sorted; none where there is no such folder
   */
  public List<String> entries(String folder) {
    if (!exists(folder)) {
      return List.of();
    }
    return isLocal(folder)
        ? local.entries(folder)
        : at(folder, (system, path) -> names(system, path, each -> true));
  }

  private static List<String> names(
      FileSystem system, Path folder, java.util.function.Predicate<FileStatus> wanted)
      throws IOException {
    if (!system.getFileStatus(folder).isDirectory()) {
      throw new InputException(folder + " is a file; give a folder");
    }
    return Stream.of(system.listStatus(folder))
        .filter(wanted)
        .map(each -> each.getPath().getName())
        .sorted()
        .toList();
  }

  /**
   * Whether there is a folder.
   *
   * @param path any path
   */
  public boolean isFolder(String path) {
    return isLocal(path)
        ? local.isFolder(path)
        : exists(path) && at(path, (system, folder) -> system.getFileStatus(folder).isDirectory());
  }

  /**
   * Files and folders that a pattern names.
   *
   * @param pattern a path with {@code *}, {@code ?}, {@code [ab]} or {@code {a,b}}
   * @return absolute paths, sorted
   */
  public List<String> matching(String pattern) {
    return isLocal(pattern)
        ? LocalPattern.matches(local.absolute(pattern))
        : at(
            pattern,
            (system, path) ->
                Stream.ofNullable(system.globStatus(path))
                    .flatMap(Stream::of)
                    .map(each -> absolute(each.getPath().toString()))
                    .sorted()
                    .toList());
  }

  @Override
  public void delete(String path, boolean recursive) {
    if (isLocal(path)) {
      local.storage().delete(path, recursive);
    } else {
      at(path, (system, target) -> system.delete(target, recursive));
    }
  }

  @Override
  public long length(String path) {
    return isLocal(path)
        ? local.storage().length(path)
        : at(path, (system, file) -> system.getFileStatus(file).getLen());
  }

  /**
   * Bytes of all files in a folder and below it.
   *
   * @param folder any path
   */
  public long bytesIn(String folder) {
    if (!exists(folder)) {
      return 0;
    }
    return isLocal(folder) ? local.bytesIn(folder) : at(folder, HadoopStorage::bytesIn);
  }

  /** What goes away while it is counted is no error: this is for the report only. */
  private static long bytesIn(FileSystem system, Path folder) throws IOException {
    try {
      return system.getContentSummary(folder).getLength();
    } catch (FileNotFoundException gone) {
      return 0;
    }
  }

  /**
   * Gives a file another name. It is not a commit: file systems differ in what happens where two do
   * it at once.
   *
   * @param from an existing file
   * @param to a free name on the same file system; folders above it are made
   */
  public void rename(String from, String to) {
    if (exists(to)) {
      throw new IllegalArgumentException(to + " exists");
    }
    if (isLocal(to)) {
      local.rename(from, to);
      return;
    }
    at(
        to,
        (system, target) -> {
          system.mkdirs(target.getParent());
          if (!system.rename(new Path(from), target)) {
            throw new IOException(from + " could not be renamed");
          }
          return target;
        });
  }

  /**
   * Puts a small file where another one may be, which stays until the new one is whole. On the
   * local disk a reader sees the one or the other; elsewhere there may be none for a moment.
   *
   * @param path the file; only one process at a time may replace it
   * @param content its bytes
   */
  public void replace(String path, byte[] content) {
    String staged = path + ".partial";
    delete(staged, false);
    try (OutputStream out = create(staged)) {
      out.write(content);
    } catch (IOException failure) {
      throw new UncheckedIOException(path + " could not be written", failure);
    }
    if (isLocal(path)) {
      local.replace(staged, path);
    } else {
      delete(path, false);
      rename(staged, path);
    }
  }

  /**
   * The path as every machine and every working directory understands it.
   *
   * @param path a plain path, possibly relative, or a URI
   * @return an absolute local path or a URI, without {@code .}, {@code ..} and a slash at the end
   */
  public String absolute(String path) {
    if (isLocal(path)) {
      return local.absolute(path);
    }
    return at(path, (system, given) -> system.makeQualified(given).toString());
  }

  private <T> T at(String path, Action<T> action) {
    try {
      Path target = new Path(path);
      return action.apply(target.getFileSystem(configuration), target);
    } catch (FileNotFoundException missing) {
      throw new InputException(path + " does not exist; check the path", missing);
    } catch (FileAlreadyExistsException taken) {
      throw new UncheckedIOException(path + " exists already", taken);
    } catch (IOException | IllegalArgumentException failure) {
      throw new InputException(
          path
              + " cannot be reached ("
              + Reason.of(failure)
              + "); check the address and that the file system is up",
          failure);
    }
  }

  /** Something to do at a path of a file system. */
  private interface Action<T> {
    T apply(FileSystem system, Path path) throws IOException;
  }
}
