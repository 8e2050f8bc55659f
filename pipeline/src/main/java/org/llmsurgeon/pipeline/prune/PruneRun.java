package org.llmsurgeon.pipeline.prune;

import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.forecast.RunForecast;
import org.llmsurgeon.pipeline.output.ModelExport;
import org.llmsurgeon.pipeline.output.SavedModels;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ReportBuilder;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunLease;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.shot.ShotLosses;
import org.llmsurgeon.pipeline.text.TextFiles;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.StoredHead;
import org.llmsurgeon.surgery.choose.Shortfall;

/**
 * The life of a run, from top to bottom:
 *
 * <ol>
 *   <li>plan: what it is, and which windows it reads ({@link RunPreparation});
 *   <li>for each shot ({@link Shots}), in the order of {@link
 *       org.llmsurgeon.surgery.shot.ShotLife}, each step by {@link ShotRun}:
 *       <ul>
 *         <li>accumulate the factors of each shard, and reduce them;
 *         <li>score what may go, and find the threshold;
 *         <li>cut, then reconstruct, correct and recover where asked for;
 *         <li>commit what the shot was, delete what the next does not need, and evaluate it ({@link
 *             ShotLoop});
 *       </ul>
 *   <li>publish the model and its report ({@link ModelExport}).
 * </ol>
 */
public final class PruneRun {
  private final Session session;
  private final PruneRequest request;
  private final String model;
  private final RequestedOutput output;
  private final RunDirectory run;

  /**
   * A run.
   *
   * @param session the operation
   * @param request what to do
   */
  public PruneRun(Session session, PruneRequest request) {
    this.session = session;
    this.request = request;
    HadoopStorage storage = session.storage();
    this.model = storage.absolute(request.model());
    this.output = new RequestedOutput(storage, request);
    this.run = output.run();
  }

  /** Does what is left to do. */
  public PruningReport run() {
    session.progress().runStarted("prune " + request.model(), request.recipe().shots());
    request.recipe().requirePrunable();
    output.requireUsable(model);
    try (ModelWeights dense = ModelWeights.open(session.storage(), session.model(model))) {
      FormCheck.require(request.export(), request.recipe(), dense);
      RunIdentity identity = identity(dense);
      return output
          .finished(identity, session.progress())
          .orElseGet(() -> underLease(dense, identity));
    }
  }

  private RunIdentity identity(ModelWeights dense) {
    RunInputs inputs =
        InputHashes.of(
            session,
            dense.folder(),
            TextFiles.of(session.storage(), request.calibration()),
            TextFiles.of(session.storage(), request.test()));
    int context = request.recipe().calibration().contextFor(dense.config().maxPositions());
    return RunIdentity.of(inputs, request.recipe(), context).on(session.tasks().arithmetic());
  }

  private PruningReport underLease(ModelWeights dense, RunIdentity identity) {
    run.requireOwn();
    PruningReport report;
    // What another run has left is not ours to delete.
    boolean ours = false;
    try (RunLease lease = RunLease.acquire(run, RunLease.Rhythm.DEFAULT, session.progress())) {
      run.guardedBy(lease::check);
      KeptPlan kept = new KeptPlan(run);
      ours = kept.isMissing();
      Optional<RunPlan> begun = kept.of(identity, request.overwrite());
      ours = true;
      report = prune(begun.orElseGet(() -> plan(kept, dense, identity)), dense);
    } catch (InputException refusal) {
      if (ours && Shots.committed(run, 1) == 0) {
        output.deleteRefused();
      }
      throw refusal;
    }
    output.deleteOwnRun();
    return report;
  }

  private RunPlan plan(KeptPlan kept, ModelWeights dense, RunIdentity identity) {
    kept.clear();
    StoredHead.tell(session, session.model(model), dense);
    RunPlan plan = new RunPreparation(session, run, dense, request.recipe()).planWithTest(identity);
    kept.keep(plan);
    PlanWarnings.of(plan, dense.config())
        .forEach(each -> session.progress().note("Warning: " + each));
    return plan;
  }

  private PruningReport prune(RunPlan plan, ModelWeights dense) {
    ModelConfig config = dense.config();
    ReportBuilder report =
        new ReportBuilder(
            session,
            plan,
            new ShotLosses(run, plan, config.objective()),
            new Shortfall(config, request.recipe()));
    int weightBytes = dense.bytesOfNumber(config.linears().get(0).weightName());
    report.model(config);
    report.planned(PlanWarnings.withWindows(plan, config));
    RunForecast forecast = RunForecast.of(session, plan, config, weightBytes);
    report.forecast(forecast);
    forecast.shortage().ifPresent(each -> session.progress().note("Warning: " + each));
    Session limited = session.within(forecast.limits());
    Evaluator evaluator = new Evaluator(limited, run, plan.windows().test(), config.objective());
    ModelExport.Form form = new ModelExport.Form(request.export(), Windows.few(run, plan, config));
    ModelExport export = new ModelExport(limited, run, model, output.folder(), evaluator, form);
    SavedModels saved = new SavedModels(export, run, plan);
    new ShotLoop(limited, run, plan, config, evaluator).run(report, saved);
    return publish(export.stage(output.folder(), report.last().shot()), saved, report);
  }

  private PruningReport publish(
      ModelExport.Staged staged, SavedModels saved, ReportBuilder report) {
    Evaluation evaluation = staged.evaluation();
    PruningReport finished =
        report.build(evaluation, saved.with(report.last(), evaluation), staged.export());
    output.publish(staged, finished, session.progress());
    return finished;
  }
}
