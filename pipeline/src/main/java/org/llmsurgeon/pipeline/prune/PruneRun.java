package org.llmsurgeon.pipeline.prune;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.forecast.RunForecast;
import org.llmsurgeon.pipeline.output.ModelExport;
import org.llmsurgeon.pipeline.output.OutputFolder;
import org.llmsurgeon.pipeline.output.SavedModels;
import org.llmsurgeon.pipeline.report.ExportReport;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ReportBuilder;
import org.llmsurgeon.pipeline.report.ResultPages;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunLease;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.SavedFolders;
import org.llmsurgeon.pipeline.run.SelectionManifest;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.shot.ShotLosses;
import org.llmsurgeon.pipeline.text.TextFiles;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.choose.Shortfall;

/** One run from the request to the report: plan, shots, output. */
public final class PruneRun {
  private final Session session;
  private final PruneRequest request;
  private final HadoopStorage storage;
  private final String model;
  private final OutputFolder output;
  private final ResultPages pages;
  private final RunDirectory run;
  private boolean ours;

  /**
   * A run.
   *
   * @param session the operation
   * @param request what to do
   */
  public PruneRun(Session session, PruneRequest request) {
    this.session = session;
    this.request = request;
    this.storage = session.storage();
    this.model = storage.absolute(request.model());
    String folder = storage.absolute(request.output());
    this.output = new OutputFolder(storage, folder);
    this.pages = new ResultPages(storage, folder);
    String directory =
        request.run() == null
            ? Storage.child(folder, RunDirectory.DEFAULT_NAME)
            : storage.absolute(request.run());
    this.run = new RunDirectory(storage, directory);
  }

  /** Does what is left to do. */
  public PruningReport run() {
    session.progress().runStarted("prune " + request.model(), request.recipe().shots());
    request.recipe().requirePrunable();
    output.requireFolder();
    output.requireOutside(model);
    output.requireApart(run, model);
    SavedFolders.of(request.recipe()).forEach(name -> output.inside(name).requireOutside(model));
    if (!request.overwrite() && output.report().isEmpty()) {
      output.requireFree(run);
    }
    try (ModelWeights dense = ModelWeights.open(storage, session.model(model))) {
      RunIdentity identity = identity(dense);
      Optional<PruningReport> finished = finished(identity);
      return finished.isPresent() ? finished.get() : underLease(dense, identity);
    }
  }

  private RunIdentity identity(ModelWeights dense) {
    RunInputs inputs =
        InputHashes.of(
            session,
            dense.folder(),
            TextFiles.of(storage, request.calibration()),
            TextFiles.of(storage, request.test()));
    int positions = dense.config().maxPositions();
    int context = request.recipe().calibration().contextFor(positions);
    return RunIdentity.of(inputs, request.recipe(), context).on(session.tasks().arithmetic());
  }

  /** The report of an equal run that is finished; throws where another one is. */
  private Optional<PruningReport> finished(RunIdentity identity) {
    Optional<PruningReport> report = request.overwrite() ? Optional.empty() : output.report();
    report
        .flatMap(each -> ReportBuilder.identity(each).difference(identity))
        .ifPresent(
            difference -> {
              throw new InputException(
                  "The output "
                      + request.output()
                      + " holds a model made with "
                      + difference
                      + "; give --overwrite to replace it, or choose another --output.");
            });
    report.map(PruningReport::export).ifPresent(this::requireSameForm);
    if (report.isPresent()) {
      session.progress().note(request.output() + " is finished already");
      pages.writeMissing(session.progress());
      deleteOwnRun();
    }
    return report;
  }

  private void requireSameForm(ExportReport done) {
    if (!done.asked().equals(request.export().optionName())) {
      throw new InputException(
          "The output %s holds a model made with --export %s; give --overwrite to replace it, or choose another --output."
              .formatted(request.output(), done.asked()));
    }
  }

  private PruningReport underLease(ModelWeights dense, RunIdentity identity) {
    run.requireOwn();
    PruningReport report;
    try (RunLease lease = RunLease.acquire(run, RunLease.Rhythm.DEFAULT, session.progress())) {
      run.guardedBy(lease::check);
      // What another run has left is not ours to delete.
      ours = run.finished(RunDirectory.PLAN, RunPlan.class).isEmpty();
      RunPlan plan =
          new RunPlanner(session, run, dense)
              .resumeOrMake(identity, request.recipe(), request.overwrite());
      ours = true;
      report = shoot(plan, dense);
    } catch (InputException refusal) {
      if (ours && lastCommitted(1) == 0) {
        deleteOwnRun();
      }
      throw refusal;
    }
    deleteOwnRun();
    return report;
  }

  /** Deletes the run directory unless it was asked for by name. */
  private void deleteOwnRun() {
    if (request.run() == null) {
      run.delete();
    }
  }

  private PruningReport shoot(RunPlan plan, ModelWeights dense) {
    ModelConfig config = dense.config();
    Evaluator evaluator = new Evaluator(session, run, plan.test());
    ReportBuilder report =
        new ReportBuilder(
            session, plan, new ShotLosses(run, plan), new Shortfall(config, request.recipe()));
    ModelExport export =
        new ModelExport(
            session,
            run,
            model,
            output,
            evaluator,
            new ModelExport.Form(request.export(), someWindows(plan)));
    SavedModels saved = new SavedModels(export, run, plan);
    int weightBytes = dense.bytesOfNumber(config.linears().get(0).weightName());
    report.forecast(RunForecast.of(session, plan, config, weightBytes));
    report.dense(evaluator.afterShot(StageName.of("evaluate"), session.model(model, run, 0), 0));
    int committed = lastCommitted(plan.shots());
    report.resumedFrom(committed);
    if (committed > 0) {
      session.progress().note("going on after shot " + committed + "/" + plan.shots());
    }
    int shot = 0;
    do {
      shot++;
      if (shot > committed) {
        new ShotRunner(ShotContext.of(session, run, plan, config, shot)).run();
        session.usage().disk(storage.bytesIn(run.path()));
      }
      if (shot >= committed) {
        deleteIntermediates(shot);
      }
      StageName stage = new StageName(shot, plan.shots(), "evaluate");
      Evaluation evaluation = evaluator.afterShot(stage, session.model(model, run, shot), shot);
      ShotManifest manifest = run.required(RunDirectory.manifest(shot), ShotManifest.class);
      report.shot(
          manifest,
          run.required(SelectionManifest.path(shot), SelectionManifest.class),
          evaluation);
      if (shot >= committed) {
        session.progress().note(report.line());
      }
      report.newWarnings().forEach(session.progress()::note);
      saved.keep(manifest, report);
    } while (!report.isLast());
    run.delete(RunDirectory.inShot(shot, "factors"));
    return export(export, saved, report);
  }

  /** The first windows of the test text, else of the calibration; null where there is neither. */
  private int[][] someWindows(RunPlan plan) {
    WindowsFile file = plan.test() == null ? plan.calibration() : plan.test();
    return file == null ? null : Windows.read(run, file, 0, Math.min(2, file.windows()));
  }

  private int lastCommitted(int shots) {
    int last = 0;
    while (last < shots
        && run.finished(RunDirectory.manifest(last + 1), ShotManifest.class).isPresent()) {
      last++;
    }
    return last;
  }

  /**
   * What no later step reads: the sums of a shot, its factors unless the next shot goes on from
   * them, its weights before a correction, the weights of the one before.
   */
  private void deleteIntermediates(int shot) {
    List<FactorPass> next = FactorPlan.passes(request.recipe().curvature(), shot + 1);
    boolean goesOn = !next.isEmpty() && next.get(0).index() > 0;
    run.delete(RunDirectory.inShot(shot, "shards"));
    run.delete(RunDirectory.inShot(goesOn ? shot - 1 : shot, "factors"));
    run.delete(RunDirectory.inShot(shot - 1, "weights"));
    run.delete(RunDirectory.inShot(shot - 1, "corrected"));
    if (request.recipe().correction().isWanted()) {
      ShotManifest manifest = run.required(RunDirectory.manifest(shot), ShotManifest.class);
      Set<String> named =
          manifest.layers().stream().map(LayerFile::path).collect(Collectors.toSet());
      run.deleteExcept(RunDirectory.inShot(shot, "weights/"), named);
      run.deleteExcept(RunDirectory.inShot(shot, "reconstructed/"), named);
    }
  }

  private PruningReport export(ModelExport export, SavedModels saved, ReportBuilder report) {
    ModelExport.Staged staged = export.stage(output, report.last().shot());
    Evaluation evaluation = staged.evaluation();
    PruningReport finished =
        report.build(evaluation, saved.with(report.last(), evaluation), staged.export());
    output.beginPublishing(run);
    output.deleteSaved(SavedFolders.of(request.recipe()));
    staged.publish(finished);
    pages.writeOrTell(session.progress());
    return finished;
  }
}
