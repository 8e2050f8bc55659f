package org.llmsurgeon.pipeline.output;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.folder.ModelFolderWriter;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.config.Experts;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.report.ExportReport;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;

/** Writes the weights after a shot as a model folder and measures it before it is in its place. */
public final class ModelExport {
  /** Folder with zeros, in the one that is written from it. */
  private static final String MASKED = "masked";

  private final Session session;
  private final RunDirectory run;
  private final String model;
  private final OutputFolder output;
  private final Evaluator evaluator;
  private final Form form;

  /**
   * The export of a run.
   *
   * @param session the operation
   * @param run run directory
   * @param model absolute path of the model folder
   * @param output where the last model goes
   * @param evaluator measures
   * @param form in which form it is written
   */
  public ModelExport(
      Session session,
      RunDirectory run,
      String model,
      OutputFolder output,
      Evaluator evaluator,
      Form form) {
    this.session = session;
    this.run = run;
    this.model = model;
    this.output = output;
    this.evaluator = evaluator;
    this.form = form;
  }

  /**
   * In which form a model is written.
   *
   * @param route the form that is asked for
   * @param windows a few windows of the run's text, to check it with; null where there is no text
   */
  public record Form(Route route, int[][] windows) {}

  /** Where the last model goes. */
  OutputFolder output() {
    return output;
  }

  /**
   * A model that is whole and not in its place yet.
   *
   * @param target where it belongs
   * @param folder where it is
   * @param evaluation of the folder as written
   * @param export its form, and that it computes the same
   */
  public record Staged(
      OutputFolder target, String folder, Evaluation evaluation, ExportReport export) {
    /** Puts it in its place, its report last. */
    public void publish(PruningReport report) {
      ProcessCache.shared().begin(ProcessCache.Work.OTHER);
      target.publish(folder, report);
    }
  }

  /**
   * Writes a model and measures it.
   *
   * @param target where it will go
   * @param shot whose weights
   */
  public Staged stage(OutputFolder target, int shot) {
    String staged = target.stage(run);
    boolean zeros = form.route() == Route.ZEROS;
    String masked = zeros ? staged : Storage.child(staged, MASKED);
    Timed.onDriver(
        session.progress(),
        StageName.of("write"),
        1,
        () -> {
          write(shot, masked);
          session.progress().taskFinished();
          return staged;
        });
    // Models of this process take memory that the check needs.
    ProcessCache.shared().begin(ProcessCache.Work.OTHER);
    ExportReport export = export(masked, staged);
    if (!zeros) {
      session.storage().delete(masked, true);
    }
    Evaluation evaluation = evaluator.evaluate(StageName.of("evaluate"), session.model(staged));
    return new Staged(target, staged, evaluation, export);
  }

  /** The form as asked for, and what there is to say of it; a step of progress for each part. */
  private ExportReport export(String masked, String staged) {
    boolean zeros = form.route() == Route.ZEROS;
    boolean samples = !zeros && form.windows() != null;
    return Timed.onDriver(
            session.progress(),
            StageName.of("export"),
            zeros ? 1 : FolderExport.STEPS + (samples ? 1 : 0),
            () -> {
              Runnable step = session.progress()::taskFinished;
              FolderExport export = new FolderExport(session.storage(), form.windows(), step);
              if (zeros) {
                return export.zeros(model, staged);
              }
              ExportReport report = export.write(model, masked, form.route(), staged);
              if (!samples) {
                return report;
              }
              report =
                  report.with(new SampleTexts(session.storage()).of(model, staged, form.windows()));
              step.run();
              return report;
            })
        .value();
  }

  private void write(int shot, String staged) {
    Device device = ExecutorDevice.shared();
    try (ModelWeights weights =
        ModelWeights.open(session.storage(), session.model(model, run, shot))) {
      new ModelFolderWriter(weights.folder(), session.storage(), staged)
          .write(weights.replaced(), name -> weights.loadStored(name, device), device);
      if (weights.config().experts() != null && weights.config().experts().emptyGone()) {
        sayThatEmptyExpertsAreGone(weights.folder(), staged);
      }
    }
  }

  /** Of the folder with zeros, which is on the way to another form. */
  private void sayThatEmptyExpertsAreGone(ModelFolder folder, String staged) {
    String file = Storage.child(staged, FolderFiles.CONFIG);
    ObjectNode json = folder.config().deepCopy();
    json.put(Experts.EMPTY_GONE, true);
    session.storage().delete(file, false);
    try (OutputStream out = session.storage().create(file)) {
      out.write((json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException failed) {
      throw new UncheckedIOException(file + " could not be written", failed);
    }
  }
}
