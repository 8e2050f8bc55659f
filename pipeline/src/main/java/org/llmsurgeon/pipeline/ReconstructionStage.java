package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.surgery.PairedMoments;
import org.llmsurgeon.surgery.Reconstruction;

/**
 * The reconstruction after the last cut: for each input group a pass over the shards and a refit of
 * its layers, a task each. Stopped in the middle, it begins again at the cut, with the same result.
 */
final class ReconstructionStage
    implements Reconstruction.Work<ReconstructionStage.State, List<StoredTensors>> {
  /** Folder of its files in the shot's folder. */
  static final String FOLDER = "reconstruction/";

  private final ShotContext shot;
  private final RunDirectory run;
  private final String folder;
  private final ReconstructionWork work;
  private List<StoredTensors> moments = List.of();

  /**
   * The stage of a shot whose cut is committed.
   *
   * @param shot the shot
   */
  ReconstructionStage(ShotContext shot) {
    this.shot = shot;
    this.run = shot.run();
    this.folder = shot.plan().identity().inputs().model().path();
    this.work =
        new ReconstructionWork(
            shot.session().model(folder),
            run.path(),
            shot.shot(),
            shot.plan().calibration(shot.shot()),
            new LinkedHashMap<>(shot.recipe().options()),
            shot.session().settings());
  }

  /**
   * A state of the weights.
   *
   * @param path its manifest, relative to the run directory
   * @param manifest all layers
   */
  record State(String path, ShotManifest manifest) {}

  /**
   * The shot with refitted weights, not committed yet.
   *
   * @param cut the shot before
   */
  ShotManifest reconstruct(ShotManifest cut) {
    State start = new State(RunDirectory.cut(shot.shot()), cut);
    Evaluation before =
        new Evaluator(shot.session(), run, shot.plan().test())
            .kept(shot.stage("evaluate"), model(start), Evaluation.ofCut(shot.shot()));
    run.delete(shot.path(FOLDER));
    Timed<Reconstruction.Outcome<State>> done =
        Timed.onDriver(
            shot.session().progress(),
            shot.stage("reconstruct"),
            Reconstruction.blocks(shot.config(), shot.recipe().layers()),
            () -> Reconstruction.run(start, shot.config(), shot.recipe().layers(), this));
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

  private ModelRef model(State state) {
    return shot.session().model(folder, run, state.path());
  }

  @Override
  public Reconstruction.Measured<List<StoredTensors>> measure(State state, int group) {
    moments.forEach(each -> run.delete(each.path()));
    List<MomentTask.Done> done =
        shot.session()
            .tasks()
            .onGpus()
            .quiet()
            .run(
                shot.stage("reconstruct"),
                shot.plan().shards(),
                new MomentTask(work, model(state), group))
            .value();
    moments = done.stream().map(MomentTask.Done::sums).toList();
    double loss = Reconstruction.meanLoss(done.stream().map(MomentTask.Done::losses).toList());
    return new Reconstruction.Measured<>(loss, moments);
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
            .onGpus()
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
      boolean refitted = file.path().startsWith(shot.path("reconstructed/"));
      if (refitted && !kept.manifest().layers().contains(file)) {
        run.delete(file.path());
      }
    }
    shot.session().progress().taskFinished();
  }
}
