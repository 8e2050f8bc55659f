package org.llmsurgeon.pipeline.prune;

import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.MissingFolders;
import org.llmsurgeon.pipeline.files.WriteProbe;
import org.llmsurgeon.pipeline.output.ModelExport;
import org.llmsurgeon.pipeline.output.OutputFolder;
import org.llmsurgeon.pipeline.report.ExportReport;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ReportBuilder;
import org.llmsurgeon.pipeline.report.ResultPages;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.SavedFolders;

/** The folder that a request names for its result, and the run directory that goes with it. */
final class RequestedOutput {
  private final PruneRequest request;
  private final OutputFolder folder;
  private final ResultPages pages;
  private final RunDirectory run;
  private final MissingFolders missing;

  /**
   * Where a request's result goes.
   *
   * @param storage the file systems
   * @param request what to prune, and where to
   */
  RequestedOutput(HadoopStorage storage, PruneRequest request) {
    this.request = request;
    String path = storage.absolute(request.output());
    this.folder = new OutputFolder(storage, path);
    this.pages = new ResultPages(storage, path);
    String directory =
        request.run() == null
            ? Storage.child(path, RunDirectory.DEFAULT_NAME)
            : storage.absolute(request.run());
    this.run = new RunDirectory(storage, directory);
    this.missing = MissingFolders.of(storage, path);
  }

  /** The folder of the result. */
  OutputFolder folder() {
    return folder;
  }

  /** The run directory. */
  RunDirectory run() {
    return run;
  }

  /**
   * Throws where the result cannot go there.
   *
   * @param model absolute path of the dense model
   * @throws InputException if it would be in the way of the model or of what the folder holds
   */
  void requireUsable(String model) {
    folder.requireFolder();
    folder.requireOutside(model);
    folder.requireApart(run, model);
    SavedFolders.of(request.recipe()).forEach(name -> folder.inside(name).requireOutside(model));
    boolean finished = folder.report().isPresent();
    if (!request.overwrite() && !finished) {
      folder.requireFree(run);
    }
    // A finished result may lie where nobody writes any more.
    if (request.overwrite() || !finished) {
      folder.requireWritable();
      WriteProbe.require(run.storage(), run.path(), "The run directory " + run.path());
    }
  }

  /**
   * The report of an equal run that is finished.
   *
   * @param identity what decides the result
   * @param progress told of it
   * @return empty where there is none, or where it may be overwritten
   * @throws InputException if the result of another run is there
   */
  Optional<PruningReport> finished(RunIdentity identity, Progress progress) {
    Optional<PruningReport> report = request.overwrite() ? Optional.empty() : folder.report();
    report
        .flatMap(each -> ReportBuilder.identity(each).difference(identity))
        .ifPresent(
            difference -> {
              throw otherResult(difference);
            });
    report
        .map(PruningReport::export)
        .map(ExportReport::asked)
        .filter(asked -> !asked.equals(request.export().optionName()))
        .ifPresent(
            asked -> {
              throw otherResult("--export " + asked);
            });
    if (report.isPresent()) {
      progress.note(request.output() + " is finished already");
      pages.writeMissing(progress);
      deleteOwnRun();
    }
    return report;
  }

  private InputException otherResult(String difference) {
    return new InputException(
        "The output "
            + request.output()
            + " holds a model made with "
            + difference
            + "; give --overwrite to replace it, or choose another --output.");
  }

  /**
   * Puts a whole model and its report in place of what is there.
   *
   * @param staged the model
   * @param report what the run did
   * @param progress told of a page that could not be written
   */
  void publish(ModelExport.Staged staged, PruningReport report, Progress progress) {
    folder.beginPublishing(run);
    folder.deleteSaved(SavedFolders.of(request.recipe()));
    staged.publish(report);
    pages.writeOrTell(progress);
  }

  /** Deletes what a run has made of which nothing comes. */
  void deleteRefused() {
    deleteOwnRun();
    missing.deleteEmpty();
  }

  /** Deletes the run directory unless it was asked for by name. */
  void deleteOwnRun() {
    if (request.run() == null) {
      run.delete();
    }
  }
}
