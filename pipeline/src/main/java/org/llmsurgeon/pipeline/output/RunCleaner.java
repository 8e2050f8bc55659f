package org.llmsurgeon.pipeline.output;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunLease;

/**
 * Removes what attempts at a run left that never counted: in its directory data files that no
 * record names, and records that are cut short; beside its output folders of models that are not in
 * their place. A step counts from the moment its whole record is there, and a record names every
 * file of its step, so nothing that a later run would read is touched.
 */
public final class RunCleaner {
  private static final String RECORD = ".json";

  private final RunDirectory run;
  private final HadoopStorage storage;

  /**
   * A cleaner.
   *
   * @param run the run directory
   */
  public RunCleaner(RunDirectory run) {
    this.run = run;
    this.storage = run.storage();
  }

  /**
   * Removes the leftovers, under the lease of the directory.
   *
   * @param progress told where it must wait for the lease
   * @throws InputException if it is no run directory, or a living process works in it
   */
  public CleanedRun clean(Progress progress) {
    if (!run.isUsed()) {
      throw new InputException(
          run.path()
              + " is no run directory; give the folder that --run named, or OUTPUT/"
              + RunDirectory.DEFAULT_NAME
              + ".");
    }
    try (RunLease lease = RunLease.acquire(run, RunLease.Rhythm.DEFAULT, progress)) {
      List<String> leftovers = leftovers();
      List<String> staged = OutputFolder.leftovers(run);
      List<String> files = new ArrayList<>();
      staged.forEach(folder -> walk(folder, files));
      long bytes = 0;
      for (String file : leftovers) {
        bytes += storage.length(run.resolve(file));
      }
      for (String file : files) {
        bytes += storage.length(file);
      }
      lease.check();
      leftovers.forEach(run::delete);
      staged.forEach(folder -> storage.delete(folder, true));
      return new CleanedRun(
          run.path(), Stream.concat(leftovers.stream(), files.stream()).toList(), bytes);
    }
  }

  private List<String> leftovers() {
    Set<String> leftovers = new TreeSet<>();
    Set<String> named = new HashSet<>();
    for (String file : files()) {
      Optional<JsonNode> record =
          file.endsWith(RECORD)
              ? Json.read(storage.readBytes(run.resolve(file)), JsonNode.class)
              : Optional.empty();
      record.ifPresentOrElse(content -> collect(content, named), () -> leftovers.add(file));
    }
    leftovers.removeAll(named);
    return List.copyOf(leftovers);
  }

  /** All files but those of the lease, relative. */
  private List<String> files() {
    List<String> files = new ArrayList<>(storage.list(run.path()));
    for (String entry : storage.entries(run.path())) {
      if (!files.contains(entry) && !entry.equals(RunLease.FOLDER)) {
        List<String> inside = new ArrayList<>();
        walk(run.resolve(entry), inside);
        inside.forEach(file -> files.add(file.substring(run.resolve("").length())));
      }
    }
    return files;
  }

  private void walk(String folder, List<String> into) {
    List<String> files = storage.list(folder);
    for (String entry : storage.entries(folder)) {
      String path = Storage.child(folder, entry);
      if (files.contains(entry)) {
        into.add(path);
      } else {
        walk(path, into);
      }
    }
  }

  /** Every text in a record: its files are among them. */
  private static void collect(JsonNode content, Set<String> named) {
    if (content.isTextual()) {
      named.add(content.textValue());
    }
    content.forEach(each -> collect(each, named));
  }
}
