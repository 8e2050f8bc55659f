package org.llmsurgeon.pipeline.analyse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.export.gguf.GgufExport;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.WriteProbe;
import org.llmsurgeon.pipeline.output.FolderExport;
import org.llmsurgeon.pipeline.output.OutputFolder;
import org.llmsurgeon.pipeline.report.ExportReport;
import org.llmsurgeon.pipeline.run.Session;

/** Writes a folder with zeros as a smaller one and as a GGUF file, outside of a run. */
public final class ExportOperation {
  private static final String STAGED = ".surgeon-export-";
  private static final String CONFIG = "config.json";

  private final Session session;
  private final HadoopStorage storage;
  private final ExportRequest request;
  private final String model;

  /**
   * An export.
   *
   * @param session the operation
   * @param request what to write
   */
  public ExportOperation(Session session, ExportRequest request) {
    this.session = session;
    this.storage = session.storage();
    this.request = request;
    this.model = storage.absolute(request.model());
  }

  /** Writes, checks, and only then publishes; of the folder, {@code config.json} comes last. */
  public ExportResult write() {
    requireGguf();
    String output = request.output() == null ? null : storage.absolute(request.output());
    if (output == null) {
      return timed(1, () -> new ExportResult(null, gguf(model, () -> {})));
    }
    requireFree(output);
    String staged = Storage.child(output, STAGED + UUID.randomUUID());
    try {
      int steps = FolderExport.STEPS + (request.gguf() == null ? 0 : 1);
      return timed(steps, () -> write(staged, output));
    } finally {
      storage.delete(staged, true);
      if (storage.exists(output) && storage.entries(output).isEmpty()) {
        storage.delete(output, false);
      }
    }
  }

  private ExportResult timed(int steps, Supplier<ExportResult> work) {
    return Timed.onDriver(session.progress(), StageName.of("export"), steps, work).value();
  }

  private void requireFree(String output) {
    OutputFolder folder = new OutputFolder(storage, output);
    folder.requireFolder();
    folder.requireOutside(model);
    storage.entries(output).stream()
        .filter(name -> !name.startsWith(STAGED) && !WriteProbe.isProbe(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw new InputException(
                  "The output " + output + " holds " + name + "; choose another --output.");
            });
    folder.requireWritable();
  }

  private ExportResult write(String staged, String output) {
    ExportReport report =
        new FolderExport(storage, null, session.progress()::taskFinished)
            .write(model, model, request.route(), staged);
    Runnable publish = () -> publish(staged, output);
    if (request.gguf() == null) {
      publish.run();
      return new ExportResult(report, null);
    }
    return new ExportResult(report, gguf(staged, publish));
  }

  private void publish(String staged, String output) {
    for (String name : storage.list(staged)) {
      if (!name.equals(CONFIG)) {
        storage.rename(Storage.child(staged, name), Storage.child(output, name));
      }
    }
    storage.rename(Storage.child(staged, CONFIG), Storage.child(output, CONFIG));
  }

  /** Refuses a file that is there, and models that GGUF cannot say, before anything is written. */
  private void requireGguf() {
    if (request.gguf() == null) {
      return;
    }
    String file = storage.absolute(request.gguf().file());
    if (storage.exists(file)) {
      throw new InputException(file + " is there already; choose another --gguf.");
    }
    WriteProbe.requireFile(storage, file, "The file " + file);
    with(model, export -> export.architecture());
  }

  /**
   * Writes the GGUF file of a folder beside its place, and moves it there.
   *
   * @param folder the model
   * @param before what happens when the file is whole and before it is in its place
   */
  private ExportResult.GgufFile gguf(String folder, Runnable before) {
    String file = storage.absolute(request.gguf().file());
    int slash = file.lastIndexOf('/');
    String staged = Storage.child(file.substring(0, slash), STAGED + UUID.randomUUID());
    try {
      String architecture =
          with(
              folder,
              export -> {
                export.write(staged, ExecutorDevice.shared());
                return export.architecture();
              });
      session.progress().taskFinished();
      before.run();
      storage.rename(staged, file);
      return new ExportResult.GgufFile(request.gguf().file(), architecture, storage.length(file));
    } finally {
      storage.delete(staged, false);
    }
  }

  private String with(String folder, Function<GgufExport, String> work) {
    String name = model.substring(model.lastIndexOf('/') + 1);
    try (ModelFolder open = ModelFolder.open(storage, folder)) {
      return work.apply(new GgufExport(storage, open, name, request.gguf().type()));
    } catch (IOException failed) {
      throw new UncheckedIOException(folder + " could not be closed", failed);
    }
  }
}
