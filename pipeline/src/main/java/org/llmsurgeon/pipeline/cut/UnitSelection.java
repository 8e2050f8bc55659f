package org.llmsurgeon.pipeline.cut;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.run.LayerHealth;
import org.llmsurgeon.pipeline.run.LayerSelection;
import org.llmsurgeon.pipeline.run.Removal;
import org.llmsurgeon.pipeline.run.SelectionManifest;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.choose.GlobalRounds;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.RoundScore;
import org.llmsurgeon.surgery.choose.UnitMerge;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.choose.WidthCheck;

/**
 * Chooses units. By paths: a task per coupled group follows its elimination path as far as it may
 * matter, the driver merges the paths. Of a model of many groups a few are followed first, and tell
 * about where the threshold will be; the others are followed a little further than that. Groups
 * whose path turned out too short are asked once more, up to the threshold that was found without
 * the rest of their paths, which can only lower it, and in the rare case that this was too short as
 * well, to the end; so the result is that of whole paths. By rounds: in each a task per group costs
 * what is left.
 */
final class UnitSelection {
  /** A path may stop where it is this many times dearer than the last shot's threshold. */
  private static final double CEILING = 100;

  /** A path may stop at the share that the shot needs and half of the group more. */
  private static final double REACH = 0.5;

  /** Of so many groups a few are followed first: fewer take no longer together than one by one. */
  private static final int MANY = 24;

  /** The groups of one in so many blocks are followed first. */
  private static final int SPREAD = 5;

  /** As {@link #REACH} for them. */
  private static final double PROBE = 0.3;

  /** The others may stop where they are this many times dearer than the threshold of those. */
  private static final double MARGIN = 4.0 / 3;

  private final ShotContext shot;
  private final List<UnitPlan.Planned> planned;

  /**
   * The choice of a shot, whose factors are there.
   *
   * @param shot the shot
   */
  UnitSelection(ShotContext shot) {
    this.shot = shot;
    this.planned = UnitPlan.of(shot.config(), shot.recipe()).groups();
  }

  /**
   * Chooses.
   *
   * @param target share of the weights that may be gone
   */
  SelectionManifest upTo(double target) {
    return shot.recipe().selection().kind() == SelectionKind.PATHS
        ? byPaths(target)
        : byRounds(target);
  }

  /**
   * Chooses under a published score, which takes no data pass of the curvature.
   *
   * @param target share of the weights that may be gone
   * @param baseline which score
   */
  SelectionManifest upTo(double target, UnitBaseline baseline) {
    List<Integer> all = IntStream.range(0, planned.size()).boxed().toList();
    Timed<List<GroupScore>> scored =
        shot.session()
            .tasks()
            .longestFirst(
                shot.stage("score"), all, this::work, new BaselinePathTask(shot.work(), baseline));
    Merged merged = merge(scored.value(), target);
    return manifest(target, merged, 0, new Timed<>(List.of(), scored.seconds()));
  }

  private SelectionManifest byRounds(double target) {
    double[] seconds = {0};
    List<List<LayerHealth>> first = new ArrayList<>();
    PathMerge.Result result =
        new GlobalRounds(planned, shot.recipe())
            .choose(
                aim(target),
                chosen -> {
                  Timed<List<RoundScore>> round =
                      shot.session()
                          .tasks()
                          .longestFirst(
                              shot.stage("score"),
                              chosen,
                              group -> work(group.group()),
                              new CostRoundTask(shot.work()));
                  seconds[0] += round.seconds();
                  if (first.isEmpty()) {
                    first.add(health(round.value().stream().map(RoundScore::left).toList()));
                  }
                  return round.value();
                });
    return manifest(target, new Merged(result, Map.of()), 0, new Timed<>(first.get(0), seconds[0]));
  }

  private SelectionManifest byPaths(double target) {
    GroupScore[] paths = new GroupScore[planned.size()];
    List<Integer> probes = probes();
    double seconds = 0;
    PathTask.Bound bound = bound(target, REACH);
    if (!probes.isEmpty()) {
      seconds += follow(probes, bound(target, PROBE), paths);
      bound = bound(target, probes, paths);
    }
    List<Integer> rest = indices().filter(group -> paths[group] == null).boxed().toList();
    seconds += follow(rest, bound, paths);
    Merged merged = merge(Arrays.asList(paths), target);
    Set<Integer> again = new HashSet<>();
    for (List<Integer> open = merged.tooShort(); !open.isEmpty(); open = merged.tooShort()) {
      seconds += follow(open, again.isEmpty() ? merged.bound() : PathTask.Bound.NONE, paths);
      again.addAll(open);
      merged = merge(Arrays.asList(paths), target);
    }
    if (shot.plan().isLast(shot.shot(), target)) {
      WidthCheck.requireMet(planned, merged.chosen());
    }
    return manifest(
        target, merged, again.size(), new Timed<>(health(Arrays.asList(paths)), seconds));
  }

  /**
   * What is chosen.
   *
   * @param chosen under all constraints on widths
   * @param without what would be without one of them, by its option
   */
  private record Merged(PathMerge.Result chosen, Map<String, PathMerge.Result> without) {
    List<Integer> tooShort() {
      return Stream.concat(Stream.of(chosen), without.values().stream())
          .flatMapToInt(result -> Arrays.stream(result.tooShort()))
          .distinct()
          .sorted()
          .boxed()
          .toList();
    }

    /** Up to the highest threshold of them. */
    PathTask.Bound bound() {
      double ceiling =
          Stream.concat(Stream.of(chosen), without.values().stream())
              .mapToDouble(result -> result.gone().threshold())
              .max()
              .orElseThrow();
      return ceiling > 0 ? new PathTask.Bound(1, ceiling) : PathTask.Bound.NONE;
    }
  }

  private Merged merge(List<GroupScore> paths, double share) {
    List<PathMerge.Group> groups =
        IntStream.range(0, paths.size())
            .mapToObj(i -> paths.get(i).of(planned.get(i).group()))
            .toList();
    UnitMerge merge = new UnitMerge(planned, shot.recipe().layers());
    PathMerge.Target target = aim(share);
    WidthRule rule = shot.recipe().selection().widths();
    Map<String, PathMerge.Result> without = new TreeMap<>();
    for (String option : rule.active()) {
      without.put(option, merge.select(groups, target, rule.without(option)));
    }
    return new Merged(merge.select(groups, target, rule), without);
  }

  private PathMerge.Target aim(double share) {
    return UnitMerge.target(shot.recipe(), share, shot.plan().share());
  }

  private IntStream indices() {
    return IntStream.range(0, planned.size());
  }

  /** Follows some paths; returns how long that took. */
  private double follow(List<Integer> groups, PathTask.Bound bound, GroupScore[] paths) {
    Timed<List<GroupScore>> followed =
        shot.session()
            .tasks()
            .longestFirst(
                shot.stage("score"), groups, this::work, new PathTask(shot.work(), bound));
    for (int i = 0; i < groups.size(); i++) {
      paths[groups.get(i)] = followed.value().get(i);
    }
    return followed.seconds();
  }

  private double work(int group) {
    return planned.get(group).shapes().stream().mapToDouble(ShotContext::work).sum();
  }

  /** Groups that are followed first; none where there are few, or each reaches its own share. */
  private List<Integer> probes() {
    boolean alone = shot.recipe().layers().alone();
    boolean whole = shot.recipe().selection().widths().oneWidth();
    return planned.size() < MANY || alone || whole
        ? List.of()
        : indices().filter(group -> block(group) % SPREAD == SPREAD / 2).boxed().toList();
  }

  private int block(int group) {
    return planned.get(group).shapes().get(0).block();
  }

  /** How far the others must be followed, by what a few of them would give. */
  private PathTask.Bound bound(double target, List<Integer> probes, GroupScore[] paths) {
    List<PathMerge.Group> groups =
        probes.stream().map(group -> paths[group].of(planned.get(group).group())).toList();
    double threshold = PathMerge.select(groups, target).gone().threshold();
    return threshold > 0 ? new PathTask.Bound(1, MARGIN * threshold) : bound(target, REACH);
  }

  /**
   * How far paths must be followed at least, by what the last shot left and what it cost.
   *
   * @param target share of the weights that may be gone
   * @param more share of a group besides what the shot needs
   */
  private PathTask.Bound bound(double target, double more) {
    if (shot.recipe().selection().widths().oneWidth()) {
      return PathTask.Bound.NONE;
    }
    double gone = 0;
    double ceiling = Double.POSITIVE_INFINITY;
    if (shot.shot() > 1) {
      SelectionManifest last = shot.selection(shot.shot() - 1);
      gone = (double) last.removal().removed() / last.removal().total();
      ceiling = last.removal().threshold() > 0 ? CEILING * last.removal().threshold() : ceiling;
    }
    double needed = gone < 1 ? Math.max(0, target - gone) / (1 - gone) : 1;
    return new PathTask.Bound(Math.min(1, more + needed), ceiling);
  }

  /** How well the factors of all layers could be inverted, in the model's order. */
  private List<LayerHealth> health(List<GroupScore> groups) {
    List<LinearShape> model = shot.config().linears();
    LayerHealth[] layers = new LayerHealth[model.size()];
    for (int group = 0; group < planned.size(); group++) {
      List<LinearShape> shapes = planned.get(group).shapes();
      for (int i = 0; i < shapes.size(); i++) {
        layers[model.indexOf(shapes.get(i))] =
            new LayerHealth(shapes.get(i).name(), groups.get(group).factors().get(i));
      }
    }
    return Arrays.asList(layers);
  }

  private SelectionManifest manifest(
      double target, Merged merged, int again, Timed<List<LayerHealth>> scored) {
    PathMerge.Result chosen = merged.chosen();
    Map<String, SelectionManifest.KindShare> kinds = new TreeMap<>();
    chosen
        .kinds()
        .forEach(
            (kind, share) ->
                kinds.put(
                    kind.optionName(),
                    new SelectionManifest.KindShare(share.units(), share.predicted())));
    return new SelectionManifest(
        new Removal(
            target, chosen.gone().threshold(), chosen.gone().removed(), chosen.gone().total()),
        new SelectionManifest.Prediction(chosen.gone().predicted(), kinds, without(merged)),
        again,
        layers(chosen),
        scored.seconds(),
        scored.value(),
        costs(chosen));
  }

  private static Map<String, CostCounts> costs(PathMerge.Result chosen) {
    Map<String, CostCounts> costs = new TreeMap<>();
    chosen.costs().forEach((kind, counts) -> costs.put(kind.optionName(), counts));
    return costs;
  }

  private static Map<String, SelectionManifest.Without> without(Merged merged) {
    Map<String, SelectionManifest.Without> without = new TreeMap<>();
    merged
        .without()
        .forEach(
            (option, result) ->
                without.put(
                    option,
                    new SelectionManifest.Without(
                        result.gone().predicted(), result.gone().removed())));
    return without;
  }

  /** Selections by layer, in the model's order: groups list layers in their own. */
  private List<LayerSelection> layers(PathMerge.Result result) {
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
