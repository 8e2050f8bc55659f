package org.llmsurgeon.pipeline;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.RowsColumns;
import org.llmsurgeon.pruning.StructureCosts;
import org.llmsurgeon.pruning.Structures;
import org.llmsurgeon.pruning.ThresholdResult;
import org.llmsurgeon.pruning.Units;
import org.llmsurgeon.surgery.LineChoice;

/**
 * Decides what goes in a shot. Rows and columns: a task per layer, costs to the driver. Units: a
 * task per coupled group, elimination paths to the driver. Single weights and N:M: {@link
 * ElementSelection}. One threshold there; only numbers travel.
 */
final class ScoreStage {
  private final ShotContext shot;

  /**
   * The stage of a shot, whose factors are there.
   *
   * @param shot the shot
   */
  ScoreStage(ShotContext shot) {
    this.shot = shot;
  }

  /** What goes, decided where it is not yet. */
  SelectionManifest selection() {
    String path = SelectionManifest.path(shot.shot());
    return shot.run()
        .finished(path, SelectionManifest.class)
        .orElseGet(
            () -> {
              SelectionManifest selection = select(shot.recipe().structures());
              shot.run().commit(path, selection);
              return selection;
            });
  }

  private SelectionManifest select(Structures structures) {
    if (structures instanceof Units units) {
      return new UnitSelection(shot, units).upTo(target());
    }
    return structures instanceof RowsColumns
        ? selectLines()
        : new ElementSelection(shot).upTo(target());
  }

  private SelectionManifest selectLines() {
    Timed<List<StructureCosts>> costs = costs();
    double target = target();
    ThresholdResult result =
        new LineChoice(shot.config().linears(), shot.recipe()).upTo(target, costs.value());
    List<LayerSelection> layers =
        IntStream.range(0, result.selections().size())
            .mapToObj(i -> LayerSelection.of(i, result.selections().get(i)))
            .toList();
    return new SelectionManifest(
        target,
        result.threshold(),
        null,
        null,
        Map.of(),
        0,
        result.removed(),
        result.total(),
        layers,
        costs.seconds());
  }

  /** Costs of the rows and columns of all layers, in the model's order. */
  Timed<List<StructureCosts>> costs() {
    List<Integer> order = shot.largestFirst();
    Timed<List<LayerCosts>> costs =
        shot.session().tasks().run(shot.stage("score"), order, new ScoreTask(shot.work()));
    StructureCosts[] sorted = new StructureCosts[order.size()];
    for (int i = 0; i < sorted.length; i++) {
      sorted[order.get(i)] = costs.value().get(i).costs();
    }
    return new Timed<>(List.of(sorted), costs.seconds());
  }

  private double target() {
    return new ShotTarget(shot).share();
  }
}
