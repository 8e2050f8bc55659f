package org.llmsurgeon.pipeline.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.export.Footprint;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pipeline.shot.ShotLosses;
import org.llmsurgeon.surgery.shot.Removal;
import org.llmsurgeon.surgery.shot.ShotChoice;

/** The shots of a report, some of whose figures are known later than the shot. */
final class ReportedShots {
  private final ShotLosses losses;
  private final List<ShotReport> shots = new ArrayList<>();
  private final List<GoneWork> gone = new ArrayList<>();

  ReportedShots(ShotLosses losses) {
    this.losses = losses;
  }

  /**
   * Adds the next one.
   *
   * @param shot what it did
   * @param selection what was chosen in it
   * @param evaluation perplexity after it, with weights in F32
   * @param model of whose layers sizes are computed; null where they are not known
   */
  void add(ShotManifest shot, ShotChoice selection, Evaluation evaluation, ModelConfig model) {
    StageSeconds before = shot.seconds();
    Removal removal = shot.removal();
    shots.add(
        new ShotReport(
            shot.shot(),
            new ShotReport.Removal(
                removal.target(),
                removal.removed(),
                removal.total(),
                removal.sparsity(),
                removal.threshold()),
            new ShotReport.Loss(
                losses.predicted(shot), losses.measured(shot.shot()), evaluation.perplexity()),
            new ShotReport.Choice(
                constraints(selection, shot),
                units(selection, shot),
                selection.followedAgain(),
                selection.costs()),
            new StageSeconds(
                before.tokenise(),
                before.accumulate(),
                before.reduce(),
                before.score(),
                before.cut(),
                evaluation.seconds()),
            shot.after(),
            null));
    gone.add(model == null ? null : GoneWork.of(model, shot));
  }

  /** What went of each kind of unit. */
  private Map<String, ShotReport.UnitShare> units(ShotChoice selection, ShotManifest shot) {
    Map<String, ShotReport.UnitShare> units = new TreeMap<>();
    selection
        .predicted()
        .kinds()
        .forEach(
            (kind, share) ->
                units.put(
                    kind,
                    new ShotReport.UnitShare(
                        share.units(), losses.share(selection, shot, share.predicted()))));
    return units;
  }

  /** What each constraint on widths costs. */
  private Map<String, ShotReport.Constraint> constraints(ShotChoice selection, ShotManifest shot) {
    Map<String, ShotReport.Constraint> constraints = new TreeMap<>();
    selection
        .predicted()
        .without()
        .forEach(
            (option, without) ->
                constraints.put(
                    option,
                    new ShotReport.Constraint(
                        losses.share(selection, shot, without.predicted()),
                        losses.share(
                            selection, shot, selection.predicted().cost() - without.predicted()),
                        without.removed())));
    return constraints;
  }

  /** The last one that was added. */
  ShotReport last() {
    return shots.get(shots.size() - 1);
  }

  /** All of them, with losses that were not known when they were added: they needed the next. */
  List<ShotReport> measured() {
    return shots.stream().map(this::measured).toList();
  }

  private ShotReport measured(ShotReport shot) {
    return shot.with(
        new ShotReport.Loss(
            shot.loss().predictedNats(), losses.measured(shot.shot()), shot.loss().perplexity()));
  }

  /**
   * All of them, once the folder is written.
   *
   * @param perplexity of the folder as written, which takes the place of the last shot's
   * @param dense what the model took before them; null where sizes are not told
   */
  List<ShotReport> written(Double perplexity, Footprint dense) {
    List<ShotReport> all = new ArrayList<>(measured());
    ShotReport cut = all.remove(all.size() - 1);
    all.add(
        cut.with(
            new ShotReport.Loss(
                cut.loss().predictedNats(), cut.loss().measuredNats(), perplexity)));
    for (int i = 0; dense != null && i < all.size(); i++) {
      GoneWork less = gone.get(i);
      all.set(i, less == null ? all.get(i) : all.get(i).with(less.from(dense)));
    }
    return all;
  }
}
