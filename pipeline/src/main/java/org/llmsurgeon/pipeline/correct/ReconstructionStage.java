package org.llmsurgeon.pipeline.correct;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.ReconstructionRecord;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.correct.PairedMoments;
import org.llmsurgeon.surgery.correct.Reconstruction;
import org.llmsurgeon.surgery.recipe.LayerRule;

/**
 * The reconstruction after the last cut: for each input group a look at what its layers read, a
 * task for each shard, and a refit of its layers, a task each; after a block's groups the losses.
 * What the windows have come to is stored block by block, so that no block runs again for those
 * behind it. Stopped in the middle, it goes on after the last block, with the same result.
 */
public final class ReconstructionStage
    implements Reconstruction.Work<ReconstructionStage.State, List<StoredTensors>> {
  /** Folder of its files in the shot's folder. */
  static final String FOLDER = "reconstruction/";

  private static final String BLOCK = "block-";

  private final ShotContext shot;
  private final RunDirectory run;
  private final String folder;
  private final ReconstructionWork work;
  private List<StoredTensors> moments = List.of();
  private List<ShardStart> starts;

  /**
   * The stage of a shot whose cut is committed.
   *
   * @param shot the shot
   */
  public ReconstructionStage(ShotContext shot) {
    this.shot = shot;
    this.run = shot.run();
    this.folder = shot.plan().identity().inputs().model().path();
    this.work =
        new ReconstructionWork(
            shot.session().model(folder),
            run.path(),
            shot.shot(),
            shot.plan().calibration(shot.shot()),
            shot.recipe(),
            shot.session().settings());
    this.starts = shot.plan().shards().stream().map(ShardStart::of).toList();
  }

  /**
   * A state of the weights.
   *
   * @param path its manifest, relative to the run directory
   * @param manifest all layers
   */
  record State(String path, ShotManifest manifest) {}

  /**
   * How far it is.
   *
   * @param path manifest of the weights, relative to the run directory
   * @param next as in {@link Reconstruction.Progress}
   * @param soFar as in {@link Reconstruction.Progress}
   */
  record Reached(String path, int next, Reconstruction.Result soFar) {}

  /**
   * The shot with refitted weights, not committed yet.
   *
   * @param cut the shot before
   */
  public ShotManifest reconstruct(ShotManifest cut) {
    State start = new State(ShotStage.CUT.record(shot.shot()), cut);
    Evaluation before =
        new Evaluator(shot.session(), run, shot.plan().windows().test(), shot.config().objective())
            .kept(
                shot.stage("evaluate"), model(start), Evaluation.after(ShotStage.CUT, shot.shot()));
    Optional<Reconstruction.Progress<State>> earlier = earlier();
    LayerRule rule = shot.recipe().layers();
    int blocks = earlier.map(progress -> progress.soFar().blocks()).orElse(0);
    Timed<Reconstruction.Outcome<State>> done =
        Timed.onDriver(
            shot.session().progress(),
            shot.stage("reconstruct"),
            Reconstruction.blocks(shot.config(), rule) - blocks,
            () ->
                earlier
                    .map(progress -> Reconstruction.resume(progress, shot.config(), rule, this))
                    .orElseGet(() -> Reconstruction.run(start, shot.config(), rule, this)));
    run.delete(shot.path(FOLDER));
    Reconstruction.Result result = done.value().result();
    return done.value()
        .state()
        .manifest()
        .reconstructed(
            new ReconstructionRecord(
                result.blocks(),
                result.kept(),
                result.lossBefore(),
                result.lossAfter(),
                before.perplexity(),
                done.seconds()));
  }

  /** How far a run that was stopped had come; what else it left is deleted. */
  private Optional<Reconstruction.Progress<State>> earlier() {
    String files = shot.path(FOLDER);
    Optional<Map.Entry<String, Reached>> last = run.last(files, BLOCK, Reached.class);
    run.deleteExcept(
        files, last.map(each -> List.of(each.getKey(), each.getValue().path())).orElse(List.of()));
    return last.map(Map.Entry::getValue)
        .map(
            reached ->
                new Reconstruction.Progress<>(
                    new State(reached.path(), run.required(reached.path(), ShotManifest.class)),
                    reached.next(),
                    reached.soFar()));
  }

  @Override
  public void reached(Reconstruction.Progress<State> progress) {
    Reconstruction.Result soFar = progress.soFar();
    run.commit(
        shot.path(String.format(Locale.ROOT, "%s%s%05d.json", FOLDER, BLOCK, soFar.blocks())),
        new Reached(progress.state().path(), progress.next(), soFar));
    shot.session().progress().taskFinished();
  }

  private ModelRef model(State state) {
    return shot.session().model(folder, run, state.path());
  }

  @Override
  public List<StoredTensors> moments(State state, int group) {
    moments.forEach(each -> run.delete(each.path()));
    List<MomentTask.Done> done = onShards(new MomentTask(work, model(state), group));
    moments = done.stream().map(MomentTask.Done::sums).toList();
    goOnFrom(done.stream().map(MomentTask.Done::reached).toList());
    return moments;
  }

  @Override
  public double loss(State state) {
    return Reconstruction.meanLoss(onShards(new RefittedLossTask(work, model(state))));
  }

  private <R> List<R> onShards(TaskFunction<ShardStart, R> task) {
    return shot.session()
        .tasks()
        .onGpus(GpuWork.PASSES)
        .quiet()
        .run(shot.stage("reconstruct"), starts, task)
        .value();
  }

  /** What was stored of places that all windows have left is deleted. */
  private void goOnFrom(List<ShardStart> reached) {
    if (reached.get(0).block() > starts.get(0).block()) {
      starts.stream()
          .flatMap(each -> each.reached().stream())
          .forEach(each -> run.delete(each.path()));
      starts = reached;
    }
  }

  @Override
  public State refit(State state, int group, List<StoredTensors> sums) {
    String first = PairedMoments.groups(shot.config()).get(group).name();
    List<LinearShape> shapes = shot.config().linears();
    List<LayerFile> layers = new ArrayList<>(state.manifest().layers());
    List<RefitTask.Layer> items =
        IntStream.range(0, layers.size())
            .filter(i -> shapes.get(i).inputGroup().equals(first))
            .filter(i -> shot.recipe().layers().touches(shapes.get(i)))
            .mapToObj(i -> new RefitTask.Layer(i, layers.get(i)))
            .toList();
    List<LayerFile> refitted =
        shot.session()
            .tasks()
            .onGpus(GpuWork.SOLVES)
            .quiet()
            .run(shot.stage("reconstruct"), items, new RefitTask(work, model(state), sums))
            .value();
    for (int i = 0; i < items.size(); i++) {
      layers.set(items.get(i).index(), refitted.get(i));
    }
    ShotManifest manifest = state.manifest().with(layers);
    String path = shot.path(FOLDER + "state-" + UUID.randomUUID() + ".json");
    run.commit(path, manifest);
    return new State(path, manifest);
  }

  @Override
  public void decided(State kept, State dropped) {
    for (LayerFile file : dropped.manifest().layers()) {
      boolean refitted = file.path().startsWith(ShotStage.RECONSTRUCT.file(shot.shot(), ""));
      if (refitted && !kept.manifest().layers().contains(file)) {
        run.delete(file.path());
      }
    }
  }
}
