package org.llmsurgeon.pipeline.correct;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.CorrectionRecord;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.correct.AdaptedModel;
import org.llmsurgeon.surgery.correct.AdapterTargets;
import org.llmsurgeon.surgery.correct.AdapterTraining;
import org.llmsurgeon.surgery.correct.Adapters;
import org.llmsurgeon.surgery.correct.CorrectionPlan;
import org.llmsurgeon.surgery.recipe.CorrectionRule;

/**
 * The first-order correction of a shot: adapters trained by all machines in step. A step is a job
 * of a task per part of its windows; tasks map the weights of the cut, read the adapters of the
 * step from the run directory and write their gradients there; the driver adds these up in the
 * order of the parts and steps. Stopped in the middle, it goes on after the last step whose state
 * was kept, with the same result.
 */
public final class CorrectionStage {
  /** Folder of its files in a shot's folder, ended by a slash. */
  static final String FOLDER = "correction/";

  private final ShotContext shot;
  private final ShotStage before;
  private final RunDirectory run;
  private final CorrectionRule rule;
  private final TrainingWork work;
  private final AdapterTargets targets;

  /**
   * The stage of a shot whose weights are committed as they are before it.
   *
   * @param shot the shot
   * @param before the stage that made them
   */
  public CorrectionStage(ShotContext shot, ShotStage before) {
    this.shot = shot;
    this.before = before;
    this.run = shot.run();
    this.rule = shot.recipe().correction();
    WindowsFile windows = shot.plan().calibration(shot.shot());
    this.work = TrainingWork.of(shot, before, rule.kind(), windows, FOLDER);
    this.targets = AdapterTargets.of(shot.recipe(), shot.config());
  }

  /**
   * The shot with corrected weights, not committed yet.
   *
   * @param cut the shot before
   */
  public ShotManifest correct(ShotManifest cut) {
    Evaluation evaluated =
        new Evaluator(shot.session(), run, shot.plan().windows().test(), shot.config().objective())
            .kept(shot.stage("evaluate"), work.cut(), Evaluation.after(before, shot.shot()));
    CorrectionCheckpoints checkpoints = new CorrectionCheckpoints(run, shot.path(FOLDER));
    CorrectionPlan plan =
        CorrectionPlan.of(
            shot.recipe(),
            shot.shot(),
            shot.plan().isLast(shot.shot(), cut.removal().target()),
            shot.plan().calibration(shot.shot()).windows());
    try (AdapterTraining training =
        new AdapterTraining(ExecutorDevice.shared(), targets, rule, plan)) {
      Timed<AdapterTraining.Result> trained = train(training, plan.steps().size(), checkpoints);
      Timed<List<LayerFile>> merged = merge(training, cut.layers());
      run.delete(shot.path(FOLDER));
      AdapterTraining.Result result = trained.value();
      return cut.with(merged.value())
          .corrected(
              new CorrectionRecord(
                  rule.kind().optionName(),
                  result.steps(),
                  evaluated.perplexity(),
                  finite(result.firstLoss()),
                  finite(result.lastLoss()),
                  trained.seconds() + merged.seconds()));
    }
  }

  private static Double finite(double loss) {
    return Double.isNaN(loss) ? null : loss;
  }

  private Timed<AdapterTraining.Result> train(
      AdapterTraining training, int steps, CorrectionCheckpoints checkpoints) {
    Progress progress = shot.session().progress();
    return Timed.onDriver(
        progress,
        shot.stage("correct"),
        steps - checkpoints.steps(),
        () ->
            training.train(
                (step, parts, adapters, sum) -> {
                  step(step, parts, adapters, sum);
                  progress.taskFinished();
                },
                checkpoints));
  }

  private void step(
      int step, List<int[]> parts, Adapters adapters, Consumer<AdaptedModel.Part> sum) {
    StoredTensors stored = store(adapters);
    List<GradientTask.Part> items =
        IntStream.range(0, parts.size())
            .mapToObj(i -> new GradientTask.Part(i, parts.get(i)))
            .toList();
    List<GradientTask.Done> done =
        shot.session()
            .tasks()
            .onGpus(GpuWork.PASSES)
            .quiet()
            .run(shot.stage("correct"), items, new GradientTask(work, step, stored))
            .value();
    for (GradientTask.Done part : done) {
      try (AdaptedModel.Part read = read(part)) {
        sum.accept(read);
      }
      run.delete(part.gradients().path());
    }
    run.delete(stored.path());
  }

  private StoredTensors store(Adapters adapters) {
    String path = work.path("adapters-" + UUID.randomUUID() + ".f32");
    return StoredTensors.write(run, path, adapters.tensors());
  }

  private AdaptedModel.Part read(GradientTask.Done part) {
    Adapters gradients = targets.zeros(ExecutorDevice.shared(), Precision.SINGLE);
    try {
      part.gradients().read(run, 0, gradients.tensors());
      return new AdaptedModel.Part(gradients, part.losses());
    } catch (RuntimeException failure) {
      gradients.close();
      throw failure;
    }
  }

  private Timed<List<LayerFile>> merge(AdapterTraining training, List<LayerFile> cut) {
    List<LinearShape> layers = shot.config().linears();
    List<LayerFile> files = new ArrayList<>(cut);
    List<Integer> touched = new ArrayList<>();
    List<MergeTask.Layer> items = new ArrayList<>();
    for (int layer : shot.largestFirst()) {
      int adapter = targets.layers().indexOf(layers.get(layer));
      if (adapter >= 0) {
        touched.add(layer);
        items.add(new MergeTask.Layer(adapter, cut.get(layer)));
      }
    }
    Timed<List<LayerFile>> merged =
        shot.session()
            .tasks()
            .run(shot.stage("merge"), items, new MergeTask(work, store(training.adapters())));
    for (int i = 0; i < touched.size(); i++) {
      files.set(touched.get(i), merged.value().get(i));
    }
    return new Timed<>(files, merged.seconds());
  }
}
