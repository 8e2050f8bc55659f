package org.llmsurgeon.pipeline.cut;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.shot.ShotTarget;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.surgery.choose.ChosenUnits;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.RoundScore;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.operate.LayerScore;
import org.llmsurgeon.surgery.shot.Removal;
import org.llmsurgeon.surgery.shot.ShotAim;
import org.llmsurgeon.surgery.shot.ShotChoice;
import org.llmsurgeon.surgery.shot.ShotChooser;
import org.llmsurgeon.surgery.shot.ShotCosts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what goes in a shot: a task per layer or coupled group costs it, the driver chooses; only
 * numbers travel. Of single weights and N:M costs are counted where cuts are made, so that both see
 * the same.
 */
public final class ScoreStage implements ShotCosts {
  private static final Logger LOG = LoggerFactory.getLogger(ScoreStage.class);

  private final ShotContext shot;
  private final List<UnitPlan.Planned> groups;
  private double seconds;

  /**
   * The stage of a shot, whose factors are there.
   *
   * @param shot the shot
   */
  public ScoreStage(ShotContext shot) {
    this.shot = shot;
    boolean coupled = shot.recipe().structures().coupled();
    this.groups = coupled ? UnitPlan.of(shot.config(), shot.recipe()).groups() : List.of();
  }

  /** What goes, decided where it is not yet. */
  public ShotChoice selection() {
    return kept(() -> chooser().choose(this));
  }

  /**
   * What goes of a model's units under a published score, decided where it is not yet. What the
   * baseline needs is there.
   *
   * @param baseline which score
   */
  public ShotChoice selection(UnitBaseline baseline) {
    List<Integer> all = IntStream.range(0, groups.size()).boxed().toList();
    return kept(
        () ->
            chooser().along(scored(all, this::work, new BaselinePathTask(shot.work(), baseline))));
  }

  private ShotChoice kept(Supplier<ShotChoice> choose) {
    String path = ShotStage.SCORE.record(shot.shot());
    return shot.run()
        .finished(path, ShotChoice.class)
        .orElseGet(
            () -> {
              ShotChoice choice = choose.get().took(seconds);
              Removal removal = choice.removal();
              LOG.debug(
                  "shot {}: target {}, threshold {}, {} of {} weights go, costs {}",
                  shot.shot(),
                  removal.target(),
                  removal.threshold(),
                  removal.removed(),
                  removal.total(),
                  choice.costs());
              shot.run().commit(path, choice);
              return choice;
            });
  }

  private ShotChooser chooser() {
    double target = new ShotTarget(shot).share();
    ShotAim aim =
        new ShotAim(
            target,
            shot.plan().share(),
            shot.plan().isLast(shot.shot(), target),
            shot.shot() == 1 ? null : shot.selection(shot.shot() - 1).removal());
    return new ShotChooser(shot.config(), shot.recipe(), aim);
  }

  @Override
  public List<LayerScore> lines() {
    List<LinearShape> layers = shot.config().linears();
    return scored(
        IntStream.range(0, layers.size()).boxed().toList(),
        layer -> ShotContext.work(layers.get(layer)),
        new ScoreTask(shot.work()));
  }

  @Override
  public List<GroupScore> paths(List<Integer> some, PathOptions options) {
    return scored(some, this::work, new PathTask(shot.work(), options));
  }

  @Override
  public List<RoundScore> round(List<ChosenUnits> chosen) {
    return scored(chosen, group -> work(group.group()), new CostRoundTask(shot.work()));
  }

  private double work(int group) {
    return groups.get(group).shapes().stream().mapToDouble(ShotContext::work).sum();
  }

  private <I, R> List<R> scored(List<I> items, ToDoubleFunction<I> work, TaskFunction<I, R> task) {
    return timed(shot.session().tasks().longestFirst(shot.stage("score"), items, work, task));
  }

  private <R> R timed(Timed<R> done) {
    seconds += done.seconds();
    return done.value();
  }

  @Override
  public List<CostHistogram> count(List<List<CostCut>> earlier, List<CostRange> ranges) {
    List<CostHistogramTask.Item> items = new ArrayList<>();
    for (int layer : shot.largestFirst()) {
      if (ranges.get(layer) != null) {
        items.add(new CostHistogramTask.Item(layer, earlier.get(layer), ranges.get(layer)));
      }
    }
    List<CostHistogram> counted =
        timed(
            shot.session()
                .tasks()
                .onGpus(GpuWork.SOLVES)
                .run(shot.stage("score"), items, new CostHistogramTask(shot.work())));
    CostHistogram[] sorted = new CostHistogram[ranges.size()];
    for (int i = 0; i < items.size(); i++) {
      sorted[items.get(i).layer()] = counted.get(i);
    }
    return Arrays.asList(sorted);
  }
}
