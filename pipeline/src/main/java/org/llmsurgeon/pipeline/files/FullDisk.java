package org.llmsurgeon.pipeline.files;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.util.Optional;
import java.util.regex.Pattern;

/** A disk or a quota that is used up: no fault of the program, and told in one sentence. */
public final class FullDisk {
  /** As the systems say it: POSIX, Windows, HDFS. */
  private static final Pattern SAID =
      Pattern.compile(
          "No space left on device|not enough space on the disk|Disk quota exceeded"
              + "|DiskSpace quota of .* is exceeded",
          Pattern.CASE_INSENSITIVE);

  private FullDisk() {}

  /**
   * What to tell the user if a disk was full.
   *
   * @param failure what was thrown
   * @return one sentence; empty if the failure has another reason
   */
  public static Optional<String> sentence(Throwable failure) {
    boolean full = false;
    String where = "this machine";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (says(cause)) {
        full = true;
        // What wraps a failure has its words, but not its file.
        where = file(cause).orElse(where);
      }
    }
    return full
        ? Optional.of(
            "the disk of "
                + where
                + " is full; make room and give the same command again: what is finished is kept")
        : Optional.empty();
  }

  private static Optional<String> file(Throwable cause) {
    return cause instanceof Failure named
        ? Optional.of(named.path)
        : cause instanceof FileSystemException of
            ? Optional.ofNullable(of.getFile())
            : Optional.empty();
  }

  /**
   * A stream that says which file could not be written when the disk was full.
   *
   * @param path the file
   * @param out its bytes
   */
  public static OutputStream named(String path, OutputStream out) {
    return new Named(path, out);
  }

  private static boolean says(Throwable failure) {
    return failure instanceof Failure
        || failure.getMessage() != null && SAID.matcher(failure.getMessage()).find();
  }

  /** A file that could not be written. */
  private static final class Failure extends IOException {
    private static final long serialVersionUID = 1L;
    private final String path;

    Failure(String path, IOException cause) {
      super(path + ": " + cause.getMessage(), cause);
      this.path = path;
    }
  }

  private static final class Named extends FilterOutputStream {
    private final String path;

    Named(String path, OutputStream out) {
      super(out);
      this.path = path;
    }

    @Override
    public void write(int b) throws IOException {
      guarded(() -> out.write(b));
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      guarded(() -> out.write(bytes, offset, count));
    }

    @Override
    public void flush() throws IOException {
      guarded(out::flush);
    }

    @Override
    public void close() throws IOException {
      guarded(out::close);
    }

    private void guarded(Write write) throws IOException {
      try {
        write.run();
      } catch (IOException failure) {
        throw says(failure) ? new Failure(path, failure) : failure;
      }
    }
  }

  @FunctionalInterface
  private interface Write {
    void run() throws IOException;
  }
}
