package org.llmsurgeon.pipeline.report;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.files.WriteProbe;

/**
 * The file of a {@link RunResult}. It takes the place of an earlier one, and of nothing else: a
 * model's {@code config.json} or a text is not what a scheduler meant.
 */
public final class ResultFile {
  /** Fields of every result, none of which has a default elsewhere. */
  private static final List<String> FIELDS = List.of("output", "report", "page", "shots");

  private final HadoopStorage storage;
  private final String path;
  private final String named;

  /**
   * A file.
   *
   * @param storage the file systems
   * @param given absolute path or URI, or a path from here
   */
  public ResultFile(HadoopStorage storage, String given) {
    this.storage = storage;
    this.path = storage.absolute(given);
    this.named = "The result " + given;
  }

  /**
   * Throws if it cannot be written, before the work of which it will tell.
   *
   * @throws InputException saying why
   */
  public void requireWritable() {
    WriteProbe.requireFile(storage, path, named);
    requireOwn();
  }

  /**
   * Writes it; it appears as a whole.
   *
   * @param result what it says
   * @throws InputException if it cannot be written
   */
  public void write(RunResult result) {
    requireOwn();
    try {
      storage.replace(path, Json.bytes(result));
    } catch (UncheckedIOException failure) {
      throw new InputException(
          named + " cannot be written (" + Reason.of(failure.getCause()) + ").", failure);
    }
  }

  private void requireOwn() {
    if (storage.exists(path) && !isResult()) {
      throw new InputException(
          named + " is a file that no run wrote as its result; choose another one, or delete it.");
    }
  }

  private boolean isResult() {
    return storage.length(path) < Integer.MAX_VALUE
        && Json.read(storage.readBytes(path), Map.class)
            .filter(fields -> fields.keySet().containsAll(FIELDS))
            .isPresent();
  }
}
