package org.llmsurgeon.pipeline.cut;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.run.LayerHealth;
import org.llmsurgeon.pipeline.run.LayerSelection;
import org.llmsurgeon.pipeline.run.Removal;
import org.llmsurgeon.pipeline.run.SelectionManifest;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.shot.ShotTarget;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.threshold.ThresholdResult;
import org.llmsurgeon.surgery.choose.LineChoice;
import org.llmsurgeon.surgery.operate.LayerScore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what goes in a shot. Rows and columns: a task per layer, costs to the driver. Units: a
 * task per coupled group, elimination paths to the driver. Single weights and N:M: {@link
 * ElementSelection}. One threshold there; only numbers travel.
 */
public final class ScoreStage {
  private static final Logger LOG = LoggerFactory.getLogger(ScoreStage.class);

  private final ShotContext shot;

  /**
   * The stage of a shot, whose factors are there.
   *
   * @param shot the shot
   */
  public ScoreStage(ShotContext shot) {
    this.shot = shot;
  }

  /** What goes, decided where it is not yet. */
  public SelectionManifest selection() {
    return once(() -> select(shot.recipe().structures()));
  }

  /**
   * What goes of a model's units under a published score, decided where it is not yet. What the
   * baseline needs is there.
   *
   * @param baseline which score
   */
  public SelectionManifest selection(UnitBaseline baseline) {
    return once(() -> new UnitSelection(shot).upTo(target(), baseline));
  }

  private SelectionManifest once(Supplier<SelectionManifest> select) {
    String path = SelectionManifest.path(shot.shot());
    return shot.run()
        .finished(path, SelectionManifest.class)
        .orElseGet(
            () -> {
              SelectionManifest selection = select.get();
              LOG.debug(
                  "shot {}: target {}, threshold {}, {} of {} weights go, costs {}",
                  shot.shot(),
                  selection.removal().target(),
                  selection.removal().threshold(),
                  selection.removal().removed(),
                  selection.removal().total(),
                  selection.costs());
              shot.run().commit(path, selection);
              return selection;
            });
  }

  private SelectionManifest select(Structures structures) {
    return switch (structures.contest()) {
      case LINES -> selectLines();
      case UNITS -> new UnitSelection(shot).upTo(target());
      case WEIGHTS -> new ElementSelection(shot).upTo(target());
    };
  }

  private SelectionManifest selectLines() {
    Timed<List<LayerScore>> scored = scores();
    List<StructureCosts> costs = scored.value().stream().map(LayerScore::costs).toList();
    double target = target();
    ThresholdResult result =
        new LineChoice(shot.config().linears(), shot.recipe()).upTo(target, costs);
    List<LayerSelection> layers =
        IntStream.range(0, result.selections().size())
            .mapToObj(i -> LayerSelection.of(i, result.selections().get(i)))
            .toList();
    return new SelectionManifest(
        new Removal(target, result.threshold(), result.removed(), result.total()),
        SelectionManifest.Prediction.NONE,
        0,
        layers,
        scored.seconds(),
        scored.value().stream()
            .map(each -> new LayerHealth(each.costs().layer(), each.factors()))
            .toList(),
        LineCounts.of(costs, result.selections(), shot.recipe().structures()));
  }

  /** Costs of the rows and columns of all layers, in the model's order. */
  public Timed<List<StructureCosts>> costs() {
    Timed<List<LayerScore>> scored = scores();
    return new Timed<>(scored.value().stream().map(LayerScore::costs).toList(), scored.seconds());
  }

  private Timed<List<LayerScore>> scores() {
    List<LinearShape> layers = shot.config().linears();
    return shot.session()
        .tasks()
        .longestFirst(
            shot.stage("score"),
            IntStream.range(0, layers.size()).boxed().toList(),
            layer -> ShotContext.work(layers.get(layer)),
            new ScoreTask(shot.work()));
  }

  private double target() {
    return new ShotTarget(shot).share();
  }
}
