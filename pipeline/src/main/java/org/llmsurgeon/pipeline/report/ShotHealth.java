package org.llmsurgeon.pipeline.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.surgery.operate.UpdateSteps;
import org.llmsurgeon.surgery.shot.LayerHealth;
import org.llmsurgeon.surgery.shot.ShotChoice;

/** The numerical side of a shot, for the report: its factors, and updates that iterate. */
final class ShotHealth {
  private ShotHealth() {}

  /**
   * Factors: as the scoring found them, of single weights as the cuts did.
   *
   * @param shot what was done
   * @param selection what was chosen
   */
  static List<PruningReport.Factor> factors(ShotManifest shot, ShotChoice selection) {
    List<PruningReport.Factor> rows = new ArrayList<>();
    selection.factors().forEach(layer -> rows.addAll(rows(layer, shot.shot())));
    for (LayerFile file : shot.layers()) {
      rows.addAll(rows(new LayerHealth(file.layer(), file.cut().factors()), shot.shot()));
    }
    return rows;
  }

  private static List<PruningReport.Factor> rows(LayerHealth layer, int shot) {
    return layer.factors().stream().map(each -> row(layer.layer(), shot, each)).toList();
  }

  private static PruningReport.Factor row(String layer, int shot, FactorHealth each) {
    return new PruningReport.Factor(
        shot,
        layer,
        each.factor().substring(0, 1),
        each.size(),
        each.dead(),
        new PruningReport.Factor.Diagonal(
            each.diagonal().smallest(), each.diagonal().largest(), each.diagonal().sum()),
        new PruningReport.Factor.Inversion(each.condition(), each.damping(), each.retries()));
  }

  /**
   * Updates that iterate; none where rows and columns go.
   *
   * @param shot what was done
   */
  static List<PruningReport.Update> updates(ShotManifest shot) {
    return shot.layers().stream()
        .filter(file -> file.cut().update() != null)
        .map(file -> update(shot.shot(), file.layer(), file.cut().update()))
        .toList();
  }

  private static PruningReport.Update update(int shot, String layer, UpdateSteps steps) {
    return new PruningReport.Update(
        shot, layer, steps.steps(), steps.residual(), steps.converged());
  }

  /**
   * A sentence where updates stopped before they had converged.
   *
   * @param shot what was done
   */
  static Optional<String> warning(ShotManifest shot) {
    List<PruningReport.Update> all = updates(shot);
    List<PruningReport.Update> stopped = all.stream().filter(each -> !each.converged()).toList();
    return stopped.stream()
        .max(Comparator.comparingDouble(PruningReport.Update::residual))
        .map(
            worst ->
                String.format(
                    Locale.ROOT,
                    "In shot %d the update of %d of %d layers stopped before it had converged, the"
                        + " worst at a relative residual of %.1e (%s); these layers are made up for"
                        + " a little less than they could be.",
                    worst.shot(),
                    stopped.size(),
                    all.size(),
                    worst.residual(),
                    worst.layer()));
  }
}
