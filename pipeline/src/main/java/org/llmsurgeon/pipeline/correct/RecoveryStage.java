package org.llmsurgeon.pipeline.correct;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.evaluate.EvaluateTask;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RecoveryRecord;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.correct.Reconstruction;
import org.llmsurgeon.surgery.recipe.RecoveryRule;
import org.llmsurgeon.surgery.recover.RecoveredModel;
import org.llmsurgeon.surgery.recover.Recovery;
import org.llmsurgeon.surgery.recover.RecoveryPlan;

/**
 * The recovery after the last shot. A step is two jobs: a task per part of its windows writes the
 * gradients of all layers; a task per layer sums them in the order of the parts, steps, and writes
 * the layer with what the optimiser keeps of it. Weights never come to the driver. Stopped in the
 * middle, it goes on after the last step, with the same result.
 */
public final class RecoveryStage implements Recovery.Work<RecoveryState> {
  /** Folder of its files in a shot's folder, ended by a slash. */
  static final String FOLDER = "recovery/";

  private static final String STAGE = "recover";
  private static final String PREFIX = "reached-";

  private final ShotContext shot;
  private final ShotStage before;
  private final RunDirectory run;
  private final RecoveryRule rule;
  private final TrainingWork work;
  private final RecoveryPlan plan;
  private final List<Integer> trained;
  private Set<String> kept = Set.of();
  private String record;

  /**
   * The stage of the last shot, whose weights are committed as they are before it.
   *
   * @param shot the shot
   * @param before the stage that made them
   */
  public RecoveryStage(ShotContext shot, ShotStage before) {
    this.shot = shot;
    this.before = before;
    this.run = shot.run();
    this.rule = shot.recipe().recovery();
    WindowsFile windows = shot.plan().windows().recovery();
    this.work = TrainingWork.of(shot, before, rule.kind(), windows, FOLDER);
    this.plan = RecoveryPlan.of(shot.recipe(), windows.windows(), windows.context());
    List<LinearShape> layers = shot.config().linears();
    List<LinearShape> own = RecoveredModel.layers(shot.recipe(), shot.config());
    this.trained =
        IntStream.range(0, layers.size()).filter(i -> own.contains(layers.get(i))).boxed().toList();
  }

  /**
   * The shot with trained weights, not committed yet.
   *
   * @param cut the shot before
   */
  public ShotManifest recover(ShotManifest cut) {
    Evaluation evaluated =
        new Evaluator(shot.session(), run, shot.plan().windows().test(), shot.config().objective())
            .kept(shot.stage("evaluate"), work.cut(), Evaluation.after(before, shot.shot()));
    Optional<Recovery.Progress<RecoveryState>> earlier = earlier();
    int done = earlier.map(progress -> progress.soFar().steps()).orElse(0);
    Timed<Recovered> recovered =
        Timed.onDriver(
            shot.session().progress(),
            shot.stage(STAGE),
            plan.steps().size() - done,
            () -> train(earlier, cut.layers()));
    run.delete(shot.path(FOLDER));
    Recovery.Result result = recovered.value().result();
    return cut.with(recovered.value().layers())
        .recovered(
            new RecoveryRecord(
                rule.kind().optionName(),
                new RecoveryRecord.Training(
                    tokens(result.steps()), result.steps(), result.bestStep(), recovered.seconds()),
                evaluated.perplexity(),
                new RecoveryRecord.Loss(
                    result.heldOutBefore(),
                    result.heldOutAfter(),
                    result.firstLoss(),
                    result.lastLoss())));
  }

  /** The layers of a model that was trained, and how that went. */
  private record Recovered(List<LayerFile> layers, Recovery.Result result) {}

  private Recovered train(Optional<Recovery.Progress<RecoveryState>> earlier, List<LayerFile> cut) {
    Recovery.Progress<RecoveryState> start =
        earlier.orElseGet(() -> Recovery.start(RecoveryState.START, this));
    Recovery.Progress<RecoveryState> reached = Recovery.run(start, rule, plan, this);
    return new Recovered(write(reached.best(), cut), reached.soFar());
  }

  private long tokens(int steps) {
    return plan.steps().subList(0, steps).stream()
            .flatMap(List::stream)
            .mapToLong(part -> part.length)
            .sum()
        * work.windows().context();
  }

  /** A record of how far it is, in a form that is kept. */
  record Reached(RecoveryState state, RecoveryState best, Recovery.Result soFar, int misses) {}

  /** How far a run that was stopped had come; what else it left is deleted. */
  private Optional<Recovery.Progress<RecoveryState>> earlier() {
    String folder = shot.path(FOLDER);
    Optional<Map.Entry<String, Reached>> last = run.last(folder, PREFIX, Reached.class);
    last.ifPresent(
        each -> {
          record = each.getKey();
          kept = files(each.getValue().state(), each.getValue().best());
        });
    List<String> files = new ArrayList<>(kept);
    last.ifPresent(each -> files.add(each.getKey()));
    run.deleteExcept(folder, files);
    return last.map(Map.Entry::getValue)
        .map(
            each ->
                new Recovery.Progress<>(each.state(), each.best(), each.soFar(), each.misses()));
  }

  private static Set<String> files(RecoveryState state, RecoveryState best) {
    Set<String> files = new HashSet<>();
    Stream.concat(state.files(), best.files()).forEach(files::add);
    return files;
  }

  @Override
  public double look(RecoveryState state) {
    List<EvaluateTask.Range> ranges =
        Evaluator.ranges(plan.heldOut(), work.windows().context()).stream()
            .map(
                range ->
                    new EvaluateTask.Range(
                        plan.training() + range.from(), plan.training() + range.to()))
            .toList();
    return Reconstruction.meanLoss(
        shot.session()
            .tasks()
            .onGpus(GpuWork.PASSES)
            .quiet()
            .run(shot.stage(STAGE), ranges, new LookTask(work, state))
            .value());
  }

  @Override
  public Recovery.Stepped<RecoveryState> step(RecoveryState state, Recovery.Step step) {
    List<GradientTask.Part> parts =
        IntStream.range(0, step.parts().size())
            .mapToObj(i -> new GradientTask.Part(i, step.parts().get(i)))
            .toList();
    List<GradientTask.Done> gradients =
        shot.session()
            .tasks()
            .onGpus(GpuWork.PASSES)
            .quiet()
            .run(shot.stage(STAGE), parts, new RecoveryGradientTask(work, step.number(), state))
            .value();
    List<StoredTensors> files = gradients.stream().map(GradientTask.Done::gradients).toList();
    List<RecoveryState.Layer> layers = train(state, step, files);
    if (step.number() == Math.min(2, plan.steps().size())) {
      shot.session().usage().disk(run.storage().bytesIn(run.path()));
    }
    files.forEach(file -> run.delete(file.path()));
    return new Recovery.Stepped<>(
        new RecoveryState(layers),
        Reconstruction.meanLoss(gradients.stream().map(GradientTask.Done::losses).toList()));
  }

  private List<RecoveryState.Layer> train(
      RecoveryState state, Recovery.Step step, List<StoredTensors> gradients) {
    List<LinearShape> shapes = shot.config().linears();
    List<TrainTask.Layer> items = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < trained.size(); i++) {
      int index = trained.get(i);
      items.add(new TrainTask.Layer(index, first, state.isStart() ? null : state.layers().get(i)));
      first += ExecutorRecovery.parameters(shapes.get(index));
    }
    TrainTask task =
        new TrainTask(
            work, new TrainTask.Step(step.number(), step.rate(), step.parts()), gradients);
    return shot.session()
        .tasks()
        .quiet()
        .longestFirst(shot.stage(STAGE), items, item -> shapes.get(item.index()).weights(), task)
        .value();
  }

  @Override
  public void reached(Recovery.Progress<RecoveryState> progress) {
    String name =
        shot.path(
            String.format(Locale.ROOT, "%s%s%08d.json", FOLDER, PREFIX, progress.soFar().steps()));
    run.commit(
        name, new Reached(progress.state(), progress.best(), progress.soFar(), progress.misses()));
    Set<String> needed = files(progress.state(), progress.best());
    kept.stream().filter(file -> !needed.contains(file)).forEach(run::delete);
    if (record != null) {
      run.delete(record);
    }
    record = name;
    kept = needed;
    shot.session().progress().taskFinished();
  }

  private List<LayerFile> write(RecoveryState best, List<LayerFile> cut) {
    if (best.isStart()) {
      return cut;
    }
    List<RecoveredTask.Layer> items =
        IntStream.range(0, trained.size())
            .mapToObj(
                i ->
                    new RecoveredTask.Layer(
                        trained.get(i), best.layers().get(i), cut.get(trained.get(i))))
            .toList();
    List<LayerFile> written =
        shot.session()
            .tasks()
            .quiet()
            .run(shot.stage(STAGE), items, new RecoveredTask(work))
            .value();
    List<LayerFile> files = new ArrayList<>(cut);
    for (int i = 0; i < items.size(); i++) {
      files.set(trained.get(i), written.get(i));
    }
    return files;
  }
}
