package org.llmsurgeon.pipeline.compare;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.output.OutputFolder;
import org.llmsurgeon.pipeline.report.ResultPages;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunLease;

/**
 * Where a comparison keeps what it has so far.
 *
 * <pre>
 * compare.csv, compare.json      the table, of the runs that are done
 * compare.html                   the same as a page
 * compare-runs/inputs.json       model and texts that all runs share
 * compare-runs/KEY.json          a run that came to its end, with its recipe
 * .surgeon-compare/              factors and weights of the run that goes on, deleted at the end
 * </pre>
 *
 * <p>The records of runs are created exclusively and never change: they are what a later command
 * takes over. The tables can be made of them again.
 */
final class ComparisonFolder {
  private static final int FORMAT = 3;
  private static final String CSV = "compare.csv";
  static final String JSON = ResultPages.COMPARISON;
  private static final String RECORDS = "compare-runs";
  private static final String WORK = ".surgeon-compare";
  private static final String INPUTS = "inputs.json";
  private static final Pattern OWN = Pattern.compile("inputs\\.json|[a-z-]+-[0-9a-f]{16}\\.json");

  private final HadoopStorage storage;
  private final String path;
  private final RunDirectory records;
  private final RunDirectory work;
  private Inputs begun;

  /**
   * A folder that may not exist yet.
   *
   * @param storage where it is
   * @param path absolute path or URI
   */
  ComparisonFolder(HadoopStorage storage, String path) {
    this.storage = storage;
    this.path = path;
    this.records = new RunDirectory(storage, Storage.child(path, RECORDS));
    this.work = new RunDirectory(storage, Storage.child(path, WORK));
  }

  /**
   * What all runs share.
   *
   * @param format version of the records
   * @param inputs model and texts
   */
  record Inputs(int format, RunInputs inputs) {}

  /**
   * A run that came to its end.
   *
   * @param recipe how it pruned, as an object of options
   * @param run what came out
   */
  record Finished(Object recipe, ComparedRun run) {}

  /** Where runs work; only under a lease. */
  RunDirectory work() {
    return work;
  }

  /**
   * Throws if no comparison may be written here.
   *
   * @param model absolute path of the model folder
   * @param overwrite whether tables that are there may be replaced
   * @throws InputException naming what is in the way
   */
  void requireUsable(String model, boolean overwrite) {
    OutputFolder output = new OutputFolder(storage, path);
    output.requireFolder();
    output.requireOutside(model);
    output.requireWritable();
    for (String entry : storage.entries(records.path())) {
      if (!OWN.matcher(entry).matches()) {
        throw new InputException(
            "The folder " + records.path() + " holds " + entry + "; choose another --output.");
      }
    }
    if (overwrite || storage.exists(records.resolve(INPUTS))) {
      return;
    }
    for (String table : List.of(CSV, JSON)) {
      if (storage.exists(Storage.child(path, table))) {
        throw new InputException(
            Storage.child(path, table)
                + " exists, without the runs that it is made of; give --overwrite to replace it, or"
                + " choose another --output.");
      }
    }
  }

  /**
   * Begins, or goes on with the runs that are here. What is here stays until the first run is kept.
   *
   * @param inputs model and texts of the runs to come
   * @param overwrite whether to throw away what is here
   * @param guard throws where this process may not write any more
   * @throws InputException if the runs here have other inputs
   */
  void begin(RunInputs inputs, boolean overwrite, Runnable guard) {
    records.guardedBy(guard);
    Optional<Inputs> before = overwrite ? Optional.empty() : records.finished(INPUTS, Inputs.class);
    before
        .flatMap(
            each ->
                each.format() == FORMAT
                    ? each.inputs().difference(inputs)
                    : Optional.of("another version of this program"))
        .ifPresent(
            difference -> {
              throw new InputException(
                  "The output "
                      + path
                      + " holds runs made with "
                      + difference
                      + "; give --overwrite to begin anew, or choose another --output.");
            });
    for (String entry : storage.entries(work.path())) {
      if (!entry.equals(RunLease.FOLDER)) {
        work.delete(entry);
      }
    }
    begun = before.isPresent() ? null : new Inputs(FORMAT, inputs);
  }

  /** Deletes runs that may be overwritten, or of which nothing says what they were made with. */
  private void clear() {
    records.delete();
    storage.delete(Storage.child(path, CSV), false);
    storage.delete(Storage.child(path, JSON), false);
  }

  /**
   * A run that came to its end before.
   *
   * @param key its name
   */
  Optional<ComparedRun> finished(String key) {
    return begun != null
        ? Optional.empty()
        : records.finished(key + ".json", Finished.class).map(Finished::run);
  }

  /**
   * Keeps a run.
   *
   * @param key its name
   * @param finished recipe and result
   */
  void keep(String key, Finished finished) {
    if (begun != null) {
      clear();
      records.commit(INPUTS, begun);
      begun = null;
    }
    records.commit(key + ".json", finished);
  }

  /**
   * Writes the tables anew, each as a whole.
   *
   * @param runs what is known
   * @throws InputException if they cannot be written
   */
  void tables(List<ComparedRun> runs) {
    try {
      storage.replace(
          Storage.child(path, CSV), ComparisonCsv.of(runs).getBytes(StandardCharsets.UTF_8));
      storage.replace(Storage.child(path, JSON), Json.bytes(runs));
      new ResultPages(storage, path).write();
    } catch (UncheckedIOException failure) {
      throw new InputException(
          "The table in "
              + path
              + " cannot be written ("
              + Reason.of(failure.getCause())
              + "); make room and give the same command again, it goes on after the runs that are"
              + " done.",
          failure);
    }
  }
}
