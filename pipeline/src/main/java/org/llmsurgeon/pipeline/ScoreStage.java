package org.llmsurgeon.pipeline;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.pruning.GlobalThreshold;
import org.llmsurgeon.pruning.PathMerge;
import org.llmsurgeon.pruning.RowsColumns;
import org.llmsurgeon.pruning.StructureCosts;
import org.llmsurgeon.pruning.ThresholdResult;
import org.llmsurgeon.pruning.Units;
import org.llmsurgeon.surgery.UnitPlan;

/**
 * Decides what goes in a shot. Rows and columns: a task per layer, costs to the driver. Units: a
 * task per coupled group, elimination paths to the driver. One threshold there; only numbers
 * travel.
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
              SelectionManifest selection =
                  shot.recipe().structures() instanceof Units units
                      ? selectUnits(units)
                      : selectLines((RowsColumns) shot.recipe().structures());
              shot.run().commit(path, selection);
              return selection;
            });
  }

  private SelectionManifest selectLines(RowsColumns structures) {
    Timed<List<StructureCosts>> costs = costs();
    double target = shot.recipe().target(shot.shot());
    ThresholdResult result = GlobalThreshold.select(costs.value(), target, structures);
    List<LayerSelection> layers =
        IntStream.range(0, result.selections().size())
            .mapToObj(i -> LayerSelection.of(i, result.selections().get(i)))
            .toList();
    return new SelectionManifest(
        target,
        result.threshold(),
        null,
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

  private SelectionManifest selectUnits(Units units) {
    List<UnitPlan.Planned> planned = new UnitPlan(shot.config(), units.kinds()).groups();
    List<Integer> indices = IntStream.range(0, planned.size()).boxed().toList();
    Timed<List<GroupPath>> paths =
        shot.session().tasks().run(shot.stage("score"), indices, new PathTask(shot.work()));
    List<PathMerge.Group> groups =
        indices.stream().map(i -> paths.value().get(i).of(planned.get(i).group())).toList();
    double target = shot.recipe().target(shot.shot());
    PathMerge.Result result = PathMerge.select(groups, target);
    return new SelectionManifest(
        target,
        result.threshold(),
        result.predicted(),
        result.removed(),
        result.total(),
        layers(planned, result),
        paths.seconds());
  }

  /** Selections by layer, in the model's order: groups list layers in their own. */
  private List<LayerSelection> layers(List<UnitPlan.Planned> planned, PathMerge.Result result) {
    List<LinearShape> model = shot.config().linears();
    LayerSelection[] layers = new LayerSelection[model.size()];
    for (int group = 0; group < planned.size(); group++) {
      List<LinearShape> shapes = planned.get(group).shapes();
      for (int i = 0; i < shapes.size(); i++) {
        int layer = model.indexOf(shapes.get(i));
        layers[layer] = LayerSelection.of(layer, result.selections().get(group).get(i));
      }
    }
    return Arrays.asList(layers);
  }
}
