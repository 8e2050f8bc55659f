package org.llmsurgeon.pipeline.output;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.files.WriteProbe;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.SavedFolders;

/**
 * Where the pruned model goes. It is written into a hidden folder inside and moved file by file
 * when it is whole; the report comes last, so a folder with a report is finished.
 */
public final class OutputFolder {
  private static final String STAGED = ".surgeon-output-";
  private static final String PUBLISHING = "publishing.json";
  // Another model's weights would be loaded instead of ours, or beside them.
  private static final Pattern WEIGHTS =
      Pattern.compile("model(-\\d+-of-\\d+)?\\.safetensors|model\\.safetensors\\.index\\.json");

  private final HadoopStorage storage;
  private final String path;

  /**
   * A folder that may not exist yet.
   *
   * @param storage where it is
   * @param path absolute path or URI
   */
  public OutputFolder(HadoopStorage storage, String path) {
    this.storage = storage;
    this.path = path;
  }

  /** What is kept while files are moved: from then on the folder's content is ours. */
  record Publishing(String output) {}

  /**
   * What is kept before files are written.
   *
   * @param folder the hidden folder
   */
  record Staging(String folder) {}

  /**
   * Throws if no folder can be here.
   *
   * @throws InputException naming the file that is in the way
   */
  public void requireFolder() {
    storage
        .fileAtOrAbove(path)
        .ifPresent(
            file -> {
              throw new InputException(
                  file.equals(path)
                      ? "The output " + path + " is a file; choose a folder."
                      : "The output "
                          + path
                          + " would lie below the file "
                          + file
                          + "; choose another folder.");
            });
  }

  /**
   * Throws if nothing can be written here.
   *
   * @throws InputException saying why
   */
  public void requireWritable() {
    WriteProbe.require(storage, path, "The output " + path);
  }

  /**
   * Throws if writing here would change the input.
   *
   * @param model absolute path of the model folder
   */
  public void requireOutside(String model) {
    if (isAtOrIn(path, model)) {
      throw new InputException(
          "The output " + path + " lies in the model folder " + model + "; choose another one.");
    }
  }

  /**
   * Throws if the run directory is the output itself or lies in the model.
   *
   * @param run the run directory
   * @param model absolute path of the model folder
   */
  public void requireApart(RunDirectory run, String model) {
    if (run.path().equals(path) || isAtOrIn(run.path(), model)) {
      throw new InputException(
          "The run directory "
              + run.path()
              + " is the output or lies in the model folder; choose a folder of its own.");
    }
  }

  private static boolean isAtOrIn(String inner, String outer) {
    return inner.equals(outer) || inner.startsWith(Storage.child(outer, ""));
  }

  /** The report of a finished run, where this folder has one. */
  public Optional<PruningReport> report() {
    String file = Storage.child(path, PruningReport.FILE);
    return storage.exists(file)
        ? Json.read(storage.readBytes(file), PruningReport.class)
        : Optional.empty();
  }

  /** A folder of this one. */
  public OutputFolder inside(String name) {
    return new OutputFolder(storage, Storage.child(path, name));
  }

  /**
   * Throws if the folder holds something else than an unfinished run of this program.
   *
   * @param run the run directory
   */
  public void requireFree(RunDirectory run) {
    Optional<Publishing> publishing = run.finished(PUBLISHING, Publishing.class);
    if (publishing.filter(each -> each.output().equals(path)).isPresent()) {
      return;
    }
    List<String> others =
        storage.entries(path).stream()
            .filter(name -> !name.startsWith(STAGED) && !isKeptBy(run, name))
            .filter(name -> !WriteProbe.isProbe(name))
            .filter(name -> !isAtOrIn(run.path(), Storage.child(path, name)))
            .toList();
    if (!others.isEmpty()) {
      throw new InputException(
          "The output "
              + path
              + " holds "
              + others.get(0)
              + (others.size() > 1 ? " and more" : "")
              + "; give --overwrite to replace what is there, or choose another --output.");
    }
  }

  /** Whether an unfinished run keeps a model under this name. */
  private static boolean isKeptBy(RunDirectory run, String name) {
    return SavedFolders.matches(name)
        && run.finished(RunDirectory.PLAN, RunPlan.class)
            .map(plan -> SavedFolders.of(plan.recipe()))
            .filter(folders -> folders.contains(name))
            .isPresent();
  }

  /**
   * A new hidden folder for the model; what crashed runs left is deleted.
   *
   * @param run the run directory, which remembers it
   */
  String stage(RunDirectory run) {
    for (String name : storage.entries(path)) {
      if (name.startsWith(STAGED)) {
        storage.delete(Storage.child(path, name), true);
      }
    }
    String name = STAGED + UUID.randomUUID();
    Staging staging = new Staging(Storage.child(path, name));
    run.commit(Storage.child(RunDirectory.STAGED, name + ".json"), staging);
    return staging.folder();
  }

  /**
   * The hidden folders of a run that are still there. None of them counts: its model is whole only
   * where it belongs.
   *
   * @param run the run directory; no process may work in it
   * @return absolute paths, sorted
   */
  static List<String> leftovers(RunDirectory run) {
    HadoopStorage storage = run.storage();
    String records = run.resolve(RunDirectory.STAGED);
    return storage.entries(records).stream()
        .map(name -> Json.read(storage.readBytes(Storage.child(records, name)), Staging.class))
        .flatMap(Optional::stream)
        .map(Staging::folder)
        .filter(folder -> folder.contains("/" + STAGED) && storage.isFolder(folder))
        .sorted()
        .toList();
  }

  /**
   * Says that files are about to be moved here.
   *
   * @param run the run directory, which remembers it
   */
  public void beginPublishing(RunDirectory run) {
    if (run.finished(PUBLISHING, Publishing.class).isEmpty()) {
      run.commit(PUBLISHING, new Publishing(path));
    }
  }

  /**
   * Deletes finished models of another run that lies inside.
   *
   * @param keep names of folders that stay
   */
  public void deleteSaved(List<String> keep) {
    for (String name : storage.entries(path)) {
      boolean other = SavedFolders.matches(name) && !keep.contains(name);
      if (other && inside(name).report().isPresent()) {
        storage.delete(Storage.child(path, name), true);
      }
    }
  }

  /**
   * Moves a whole model here and adds the report.
   *
   * @param staged what {@link #stage()} gave
   * @param report the report
   */
  void publish(String staged, PruningReport report) {
    storage.delete(Storage.child(path, PruningReport.FILE), false);
    if (report.export() != null) {
      storage.delete(Storage.child(staged, ModelCard.FILE), false);
      write(
          Storage.child(staged, ModelCard.FILE),
          ModelCard.of(report).getBytes(StandardCharsets.UTF_8));
    }
    List<String> files = storage.list(staged);
    for (String name : storage.list(path)) {
      if (files.contains(name) || WEIGHTS.matcher(name).matches()) {
        storage.delete(Storage.child(path, name), false);
      }
    }
    write(Storage.child(staged, PruningReport.FILE), Json.bytes(report));
    for (String name : files) {
      storage.rename(Storage.child(staged, name), Storage.child(path, name));
    }
    storage.rename(
        Storage.child(staged, PruningReport.FILE), Storage.child(path, PruningReport.FILE));
    storage.delete(staged, true);
  }

  private void write(String file, byte[] bytes) {
    try (OutputStream out = storage.create(file)) {
      out.write(bytes);
    } catch (IOException failure) {
      throw new UncheckedIOException(file + " could not be written", failure);
    }
  }
}
