package org.llmsurgeon.pipeline;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.ModelFolderWriter;
import org.llmsurgeon.checkpoint.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.ModelConfig;

/** One run from the request to the report: plan, shots, output. */
final class PruneRun {
  private final Session session;
  private final PruneRequest request;
  private final HadoopStorage storage;
  private final String model;
  private final OutputFolder output;
  private final RunDirectory run;

  /**
   * A run.
   *
   * @param session the operation
   * @param request what to do
   */
  PruneRun(Session session, PruneRequest request) {
    this.session = session;
    this.request = request;
    this.storage = session.storage();
    this.model = storage.absolute(request.model());
    String folder = storage.absolute(request.output());
    this.output = new OutputFolder(storage, folder);
    String directory =
        request.run() == null
            ? Storage.child(folder, RunDirectory.DEFAULT_NAME)
            : storage.absolute(request.run());
    this.run = new RunDirectory(storage, directory);
  }

  /** Does what is left to do. */
  PruningReport run() {
    session.progress().runStarted("prune " + request.model(), request.recipe().shots());
    output.requireOutside(model);
    output.requireApart(run, model);
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
        Timed.onDriver(
                session.progress(),
                StageName.of("hash"),
                1,
                () -> {
                  RunInputs hashes =
                      InputHashes.of(
                          storage,
                          dense.folder(),
                          absolute(request.calibration()),
                          absolute(request.test()));
                  session.progress().taskFinished();
                  return hashes;
                })
            .value();
    int positions = dense.config().maxPositions();
    int context = request.recipe().calibration().contextFor(positions);
    return RunIdentity.of(inputs, request.recipe(), context);
  }

  private List<String> absolute(List<String> paths) {
    return paths.stream().map(storage::absolute).toList();
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
    if (report.isPresent()) {
      session.progress().note(request.output() + " is finished already");
      deleteOwnRun();
    }
    return report;
  }

  private PruningReport underLease(ModelWeights dense, RunIdentity identity) {
    run.requireOwn();
    PruningReport report;
    try (RunLease lease = RunLease.acquire(run, RunLease.Rhythm.DEFAULT, session.progress())) {
      run.guardedBy(lease::check);
      RunPlan plan =
          new RunPlanner(session, run, dense.config())
              .resumeOrMake(identity, request.recipe(), request.overwrite());
      report = shoot(plan, dense.config());
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

  private PruningReport shoot(RunPlan plan, ModelConfig config) {
    Evaluator evaluator = new Evaluator(session, run, plan.test());
    ReportBuilder report = new ReportBuilder(session, plan);
    report.dense(evaluator.afterShot(StageName.of("evaluate"), session.model(model, run, 0), 0));
    int committed = lastCommitted(plan.shots());
    report.resumedFrom(committed);
    if (committed > 0) {
      session.progress().note("going on after shot " + committed + "/" + plan.shots());
    }
    for (int shot = 1; shot <= plan.shots(); shot++) {
      if (shot > committed) {
        new ShotRunner(ShotContext.of(session, run, plan, config, shot)).run();
      }
      if (shot >= committed) {
        deleteIntermediates(shot);
      }
      ShotManifest manifest = run.required(RunDirectory.manifest(shot), ShotManifest.class);
      StageName stage = new StageName(shot, plan.shots(), "evaluate");
      Evaluation evaluation = evaluator.afterShot(stage, session.model(model, run, shot), shot);
      report.shot(manifest, evaluation);
      if (shot >= committed) {
        session.progress().note(line(manifest, plan.shots(), evaluation));
      }
    }
    return export(plan, evaluator, report);
  }

  private int lastCommitted(int shots) {
    int last = 0;
    while (last < shots
        && run.finished(RunDirectory.manifest(last + 1), ShotManifest.class).isPresent()) {
      last++;
    }
    return last;
  }

  /** What no later step reads: the sums and factors of a shot, the weights of the one before. */
  private void deleteIntermediates(int shot) {
    run.delete(RunDirectory.inShot(shot, "shards"));
    run.delete(RunDirectory.inShot(shot, "factors"));
    run.delete(RunDirectory.inShot(shot - 1, "weights"));
  }

  private PruningReport export(RunPlan plan, Evaluator evaluator, ReportBuilder report) {
    String staged = output.stage();
    StageName stage = StageName.of("write");
    Timed.onDriver(
        session.progress(),
        stage,
        1,
        () -> {
          write(plan.shots(), staged);
          session.progress().taskFinished();
          return staged;
        });
    report.written(evaluator.evaluate(StageName.of("evaluate"), session.model(staged)));
    PruningReport finished = report.build();
    ExecutorModel.evict();
    output.publish(run, staged, finished);
    return finished;
  }

  private void write(int shot, String staged) {
    Device device = ExecutorDevice.shared();
    try (ModelWeights weights = ModelWeights.open(storage, session.model(model, run, shot))) {
      new ModelFolderWriter(weights.folder(), storage, staged)
          .write(weights.replaced(), name -> weights.load(name, device), device);
    }
  }

  private static String line(ShotManifest shot, int shots, Evaluation evaluation) {
    String line =
        String.format(
            Locale.ROOT, "shot %d/%d: %.1f %% removed", shot.shot(), shots, 100 * shot.sparsity());
    return evaluation.perplexity() == null
        ? line
        : line + String.format(Locale.ROOT, ", perplexity %.3f", evaluation.perplexity());
  }
}
