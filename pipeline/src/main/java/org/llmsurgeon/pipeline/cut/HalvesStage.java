package org.llmsurgeon.pipeline.cut;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.factors.HalvedFactors;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.surgery.choose.ChosenUnits;
import org.llmsurgeon.surgery.choose.HalvesCheck;
import org.llmsurgeon.surgery.choose.RoundScore;
import org.llmsurgeon.surgery.choose.UnitPlan;

/**
 * Says how far two halves of the first shot's data agree about the costs of units: a task per
 * coupled group and half costs each unit alone.
 */
public final class HalvesStage {
  private final ShotContext shot;
  private final List<UnitPlan.Planned> groups;

  /**
   * The stage of a shot, whose factors are there.
   *
   * @param shot the first shot
   */
  public HalvesStage(ShotContext shot) {
    this.shot = shot;
    this.groups = UnitPlan.of(shot.config(), shot.recipe()).groups();
  }

  /**
   * Where the check of a run is kept, relative to the run directory.
   *
   * @param shot from 1
   */
  public static String path(int shot) {
    return RunDirectory.inShot(shot, "halves.json");
  }

  /** Checks, where that is not done yet and the sums of all shards are still there. */
  public void check() {
    if (shot.run().finished(path(shot.shot()), HalvesCheck.class).isEmpty()) {
      Timed.onDriver(
              shot.session().progress(), shot.stage("halves"), 2 * groups.size(), this::compare)
          .value()
          .ifPresent(check -> shot.run().commit(path(shot.shot()), check));
    }
  }

  private Optional<HalvesCheck> compare() {
    double share = shot.plan().share();
    return HalvedFactors.of(shot)
        .map(halves -> HalvesCheck.of(costs(halves.get(0), 0), costs(halves.get(1), 1), share));
  }

  private List<Path> costs(FactorsManifest half, int index) {
    RunDirectory run = shot.run();
    String manifest = shot.path(String.format(Locale.ROOT, "half-%d.json", index));
    run.delete(manifest);
    run.commit(manifest, half);
    List<ChosenUnits> nothing =
        IntStream.range(0, groups.size()).mapToObj(ChosenUnits::none).toList();
    List<RoundScore> scores =
        shot.session()
            .tasks()
            .quiet()
            .longestFirst(
                shot.stage("halves"),
                nothing,
                group -> work(group.group()),
                new CostRoundTask(shot.work().under(manifest)))
            .value();
    half.factors().forEach(factor -> run.delete(factor.path()));
    run.delete(manifest);
    for (int i = 0; i < groups.size(); i++) {
      shot.session().progress().taskFinished();
    }
    return scores.stream().map(score -> score.left().path()).toList();
  }

  private double work(int group) {
    return groups.get(group).shapes().stream().mapToDouble(ShotContext::work).sum();
  }
}
