package org.llmsurgeon.pipeline.analyse;

import java.util.List;
import java.util.UUID;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.export.Route;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.output.FolderExport;
import org.llmsurgeon.pipeline.output.OutputFolder;
import org.llmsurgeon.pipeline.report.ExportReport;
import org.llmsurgeon.pipeline.run.Session;

/** Writes a folder with zeros as a smaller one, outside of a run. */
public final class ExportOperation {
  private static final String STAGED = ".surgeon-export-";
  private static final String CONFIG = "config.json";

  private final Session session;
  private final HadoopStorage storage;

  public ExportOperation(Session session) {
    this.session = session;
    this.storage = session.storage();
  }

  /**
   * Writes, checks, and only then publishes; {@code config.json} comes last.
   *
   * @param model absolute path of the model with zeros
   * @param output absolute path of a folder that is empty or not there
   * @param route the form
   */
  public ExportReport write(String model, String output, Route route) {
    OutputFolder folder = new OutputFolder(storage, output);
    folder.requireFolder();
    folder.requireOutside(model);
    List<String> there = storage.entries(output);
    if (there.stream().anyMatch(name -> !name.startsWith(STAGED))) {
      throw new InputException(
          "The output " + output + " holds " + there.get(0) + "; choose another --output.");
    }
    String staged = Storage.child(output, STAGED + UUID.randomUUID());
    try {
      ExportReport report =
          Timed.onDriver(
                  session.progress(),
                  StageName.of("export"),
                  1,
                  () -> {
                    ExportReport done =
                        new FolderExport(storage, null).write(model, model, route, staged);
                    session.progress().taskFinished();
                    return done;
                  })
              .value();
      for (String name : storage.list(staged)) {
        if (!name.equals(CONFIG)) {
          storage.rename(Storage.child(staged, name), Storage.child(output, name));
        }
      }
      storage.rename(Storage.child(staged, CONFIG), Storage.child(output, CONFIG));
      return report;
    } finally {
      storage.delete(staged, true);
      if (storage.exists(output) && storage.entries(output).isEmpty()) {
        storage.delete(output, false);
      }
    }
  }
}
