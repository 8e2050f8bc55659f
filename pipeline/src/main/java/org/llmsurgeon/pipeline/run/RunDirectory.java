package org.llmsurgeon.pipeline.run;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.files.WriteProbe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a run keeps what it has so far.
 *
 * <pre>
 * plan.json                        what will be done
 * windows/                         token windows (Arrow)
 * shot-0000/evaluation.json        perplexity of the dense model
 * shot-0001/shards/                sums of each shard, and a record of each
 * shot-0001/factors/               mean factors, triangles (safetensors)
 * shot-0001/factors.json           ... all of them are there
 * shot-0001/halves.json            how far halves of the data agree; only where that is asked
 * shot-0001/trust/                 cuts that were measured; only where that is asked
 * shot-0001/selection.json         what goes of each layer
 * shot-0001/weights/               new weights of each layer (safetensors), and a record of each
 * shot-0001/cut.json               all layers are there, not corrected yet; only where more is done
 * shot-0001/reconstruction/        states of the reconstruction, sums of its shards, how far it is
 * shot-0001/reconstructed/         weights of refitted layers
 * shot-0001/reconstructed.json     all layers are there, refitted and not corrected yet
 * shot-0001/correction/            adapters of the last step, gradients of its parts, a state
 * shot-0001/corrected/             corrected weights of each layer
 * shot-0001/corrected.json         all layers are there, corrected and not recovered yet
 * shot-0001/recovery/              layers of the last step, gradients of its parts, how far it is
 * shot-0001/recovered/             trained weights of each layer
 * shot-0001/manifest.json          the commit: all layers are there
 * shot-0001/evaluation.json        perplexity after the shot
 * staged/                          where models are being written, outside
 * </pre>
 *
 * <p>Data files have names that no other attempt uses, and are read only through a JSON file that
 * names them. A JSON file is created exclusively and never changed; that it exists, whole, says
 * that the step is done. Paths in these files are relative to the run directory, so that it can be
 * moved.
 */
public final class RunDirectory {
  /** Its name inside the output folder, unless another is asked for. */
  public static final String DEFAULT_NAME = ".surgeon-run";

  /** The plan. */
  public static final String PLAN = "plan.json";

  /** What the dense model makes of the test windows, of a network of embeddings. */
  public static final String DENSE_EMBEDDINGS = "dense-embeddings.json";

  /** Folder of records of where models are being written. */
  public static final String STAGED = "staged";

  private static final Pattern OWN =
      Pattern.compile(
          "plan\\.json|publishing\\.json|dense-embeddings\\.json|staged|windows|shot-\\d+");
  private static final Logger LOG = LoggerFactory.getLogger(RunDirectory.class);

  private final HadoopStorage storage;
  private final String path;
  private Runnable guard = () -> {};

  /** A run directory, which need not be there yet. */
  public RunDirectory(HadoopStorage storage, String path) {
    this.storage = storage;
    this.path = path;
  }

  /** The file system. */
  public HadoopStorage storage() {
    return storage;
  }

  /** Where it is. */
  public String path() {
    return path;
  }

  /**
   * A full path.
   *
   * @param relative a path inside this directory
   */
  public String resolve(String relative) {
    return Storage.child(path, relative);
  }

  /**
   * Folder of a shot, relative.
   *
   * @param shot from 1; 0 for the dense model
   */
  public static String shot(int shot) {
    return String.format(Locale.ROOT, "shot-%04d", shot);
  }

  /**
   * A file of a shot, relative.
   *
   * @param shot from 1; 0 for the dense model
   * @param name path inside the shot's folder
   */
  public static String inShot(int shot, String name) {
    return shot(shot) + "/" + name;
  }

  /** The commit of a shot, relative. */
  public static String manifest(int shot) {
    return ShotStage.COMMIT.record(shot);
  }

  /**
   * Sets what must hold before each commit.
   *
   * @param check throws where this process may not write any more
   */
  public void guardedBy(Runnable check) {
    this.guard = check;
  }

  /**
   * Opens a new file for writing.
   *
   * @param relative a name that nothing has
   */
  public OutputStream create(String relative) {
    return storage.create(resolve(relative));
  }

  /**
   * Says that a step is done.
   *
   * @param relative the step's JSON file
   * @param record what was done
   * @throws InputException if it cannot be written
   * @throws RunFailedException if another driver has written it
   */
  public void commit(String relative, Object record) {
    LOG.debug("{} is committed", relative);
    guard.run();
    String file = resolve(relative);
    byte[] json = Json.bytes(record);
    try (OutputStream out = storage.create(file)) {
      out.write(json);
    } catch (IOException | UncheckedIOException failure) {
      throw commitFailure(file, failure);
    }
  }

  private static RuntimeException commitFailure(String file, Exception failure) {
    Throwable cause = failure instanceof UncheckedIOException ? failure.getCause() : failure;
    if (cause instanceof java.nio.file.FileAlreadyExistsException) {
      return new RunFailedException(
          file + " exists already: another process works in this run directory.", failure);
    }
    return new InputException(
        file
            + " cannot be written ("
            + Reason.of(cause)
            + "); make room or choose another run directory, and give the same command again.",
        failure);
  }

  /**
   * The record of a step that is done. One that is cut short, as a crash or a full disk leaves it,
   * is deleted and counts as not done.
   *
   * @param relative the step's JSON file
   * @param type class of the record
   * @return empty where the step is not done
   */
  public <T> Optional<T> finished(String relative, Class<T> type) {
    String file = resolve(relative);
    if (!storage.exists(file)) {
      return Optional.empty();
    }
    Optional<T> record = Json.read(storage.readBytes(file), type);
    if (record.isEmpty()) {
      LOG.warn("{} is cut short; its step is done again", file);
      storage.delete(file, false);
    }
    return record;
  }

  /**
   * The record of a step that must be done.
   *
   * @param relative the step's JSON file
   * @param type class of the record
   * @throws InputException if it is missing or damaged
   */
  public <T> T required(String relative, Class<T> type) {
    String file = resolve(relative);
    return Json.read(storage.readBytes(file), type)
        .orElseThrow(
            () ->
                new InputException(file + " is damaged; delete it and its folder and run again."));
  }

  /**
   * Deletes a file or folder with all that is in it.
   *
   * @param relative path inside this directory
   */
  public void delete(String relative) {
    storage.delete(resolve(relative), true);
  }

  /**
   * Deletes what a stage of a shot and those after it have left.
   *
   * @param shot from 1
   * @param from the first stage that is to be done again
   */
  public void forget(int shot, ShotStage from) {
    List<ShotStage> later =
        List.of(ShotStage.values()).subList(from.ordinal(), ShotStage.values().length);
    for (String entry : storage.entries(resolve(shot(shot)))) {
      if (later.stream().anyMatch(stage -> stage.owns(entry))) {
        delete(inShot(shot, entry));
      }
    }
  }

  /**
   * Deletes the files of a folder but for some; the folder too where it has none of these.
   *
   * @param folder path inside this directory, ended by a slash
   * @param kept paths of files inside this directory
   */
  public void deleteExcept(String folder, Collection<String> kept) {
    if (kept.stream().noneMatch(file -> file.startsWith(folder))) {
      delete(folder);
      return;
    }
    storage.entries(resolve(folder)).stream()
        .map(name -> folder + name)
        .filter(path -> !kept.contains(path))
        .forEach(this::delete);
  }

  /**
   * The last of the records in a folder that are whole, by their names.
   *
   * @param folder path inside this directory, ended by a slash
   * @param prefix how their names begin
   * @param type class of the records
   * @return it with its path; empty where there is none
   */
  public <T> Optional<Map.Entry<String, T>> last(String folder, String prefix, Class<T> type) {
    return storage.entries(resolve(folder)).stream()
        .filter(name -> name.startsWith(prefix) && name.endsWith(".json"))
        .sorted(Comparator.reverseOrder())
        .map(name -> folder + name)
        .flatMap(path -> finished(path, type).map(record -> Map.entry(path, record)).stream())
        .findFirst();
  }

  /**
   * Throws if there are files in the directory that no run has made.
   *
   * @throws InputException naming one of them
   */
  public void requireOwn() {
    foreign()
        .ifPresent(
            entry -> {
              throw new InputException(
                  "The run directory "
                      + path
                      + " holds "
                      + entry
                      + "; choose an empty or a new one.");
            });
  }

  /** Whether there are files in the directory, all of them such as runs make. */
  public boolean isUsed() {
    return !storage.entries(path).isEmpty() && foreign().isEmpty();
  }

  private Optional<String> foreign() {
    return storage.entries(path).stream()
        .filter(
            entry ->
                !OWN.matcher(entry).matches()
                    && !WriteProbe.isProbe(entry)
                    && !entry.equals(RunLease.FOLDER))
        .findFirst();
  }

  /** Deletes what a run has made, except the lease: the next plan begins with nothing. */
  public void clear() {
    for (String entry : storage.entries(path)) {
      if (OWN.matcher(entry).matches()) {
        delete(entry);
      }
    }
  }

  /** Deletes the whole directory. */
  public void delete() {
    storage.delete(path, true);
  }
}
