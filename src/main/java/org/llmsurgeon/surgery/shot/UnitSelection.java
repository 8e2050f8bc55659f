package org.llmsurgeon.surgery.shot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.choose.GlobalRounds;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.RoundScore;
import org.llmsurgeon.surgery.choose.UnitMerge;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.choose.WidthCheck;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Chooses units. By paths: that of each coupled group is followed as far as it may matter, and the
 * paths are merged. Of a model of many groups a few are followed first, and tell about where the
 * threshold will be; the others are followed a little further than that. Groups whose path turned
 * out too short are asked once more, up to the threshold that was found without the rest of their
 * paths, which can only lower it, and in the rare case that this was too short as well, to the end;
 * so the result is that of whole paths. By rounds: in each every group costs what is left.
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

  /** As {@link #REACH} for them: at most so much more, and so many times what the shot needs. */
  private static final double PROBE = 0.3;

  private static final double PROBE_TIMES = 3;

  /** The others may stop where they are this many times dearer than the threshold of those. */
  private static final double MARGIN = 4.0 / 3;

  private final List<LinearShape> model;
  private final Recipe recipe;
  private final ShotAim aim;
  private final List<UnitPlan.Planned> planned;
  private final PathMerge.Target target;

  UnitSelection(ModelConfig config, Recipe recipe, ShotAim aim) {
    this.model = config.linears();
    this.recipe = recipe;
    this.aim = aim;
    this.planned = UnitPlan.of(config, recipe).groups();
    this.target = UnitMerge.target(recipe, aim.target(), aim.end());
  }

  ShotChoice by(ShotCosts costs) {
    return recipe.selection().kind() == SelectionKind.PATHS ? byPaths(costs) : byRounds(costs);
  }

  /** Under orders that no curvature gave. */
  ShotChoice along(List<GroupScore> paths) {
    return choice(merge(paths), 0, List.of());
  }

  private ShotChoice byRounds(ShotCosts costs) {
    List<List<LayerHealth>> first = new ArrayList<>();
    PathMerge.Result result =
        new GlobalRounds(planned, recipe)
            .choose(
                target,
                chosen -> {
                  List<RoundScore> round = costs.round(chosen);
                  if (first.isEmpty()) {
                    first.add(health(round.stream().map(RoundScore::left).toList()));
                  }
                  return round;
                });
    return choice(new Merged(result, Map.of()), 0, first.get(0));
  }

  private ShotChoice byPaths(ShotCosts costs) {
    GroupScore[] paths = new GroupScore[planned.size()];
    List<Integer> probes = probes();
    PathOptions bound = bound(REACH);
    if (!probes.isEmpty()) {
      follow(costs, probes, bound(Math.min(PROBE, PROBE_TIMES * needed())), paths);
      bound = bound(probes, paths);
    }
    follow(costs, indices().filter(group -> paths[group] == null).boxed().toList(), bound, paths);
    Merged merged = merge(Arrays.asList(paths));
    Set<Integer> again = new HashSet<>();
    for (List<Integer> open = merged.tooShort(); !open.isEmpty(); open = merged.tooShort()) {
      follow(costs, open, again.isEmpty() ? upTo(merged.threshold(), 1) : whole(), paths);
      again.addAll(open);
      merged = merge(Arrays.asList(paths));
    }
    if (aim.last()) {
      WidthCheck.requireMet(planned, merged.chosen());
    }
    return choice(merged, again.size(), health(Arrays.asList(paths)));
  }

  /**
   * What is chosen.
   *
   * @param chosen under all constraints on widths
   * @param without what would be without one of them
   */
  private record Merged(
      PathMerge.Result chosen, Map<WidthRule.Constraint, PathMerge.Result> without) {
    List<Integer> tooShort() {
      return Stream.concat(Stream.of(chosen), without.values().stream())
          .flatMapToInt(result -> Arrays.stream(result.tooShort()))
          .distinct()
          .sorted()
          .boxed()
          .toList();
    }

    /** The highest of them. */
    double threshold() {
      return Stream.concat(Stream.of(chosen), without.values().stream())
          .mapToDouble(result -> result.gone().threshold())
          .max()
          .orElseThrow();
    }
  }

  private Merged merge(List<GroupScore> paths) {
    List<PathMerge.Group> groups =
        IntStream.range(0, paths.size())
            .mapToObj(i -> paths.get(i).of(planned.get(i).group()))
            .toList();
    UnitMerge merge = new UnitMerge(planned, recipe.layers());
    WidthRule rule = recipe.selection().widths();
    Map<WidthRule.Constraint, PathMerge.Result> without = new EnumMap<>(WidthRule.Constraint.class);
    for (WidthRule.Constraint each : rule.active()) {
      without.put(each, merge.select(groups, target, rule.without(each)));
    }
    return new Merged(merge.select(groups, target, rule), without);
  }

  private IntStream indices() {
    return IntStream.range(0, planned.size());
  }

  private static void follow(
      ShotCosts costs, List<Integer> groups, PathOptions bound, GroupScore[] paths) {
    List<GroupScore> followed = costs.paths(groups, bound);
    for (int i = 0; i < groups.size(); i++) {
      paths[groups.get(i)] = followed.get(i);
    }
  }

  /** Groups that are followed first; none where there are few, or each reaches its own share. */
  private List<Integer> probes() {
    boolean alone = recipe.layers().alone();
    boolean whole = recipe.selection().widths().oneWidth();
    return planned.size() < MANY || alone || whole
        ? List.of()
        : indices().filter(group -> block(group) % SPREAD == SPREAD / 2).boxed().toList();
  }

  private int block(int group) {
    return planned.get(group).shapes().get(0).block();
  }

  /** How far the others must be followed, by what a few of them would give. */
  private PathOptions bound(List<Integer> probes, GroupScore[] paths) {
    List<PathMerge.Group> groups =
        probes.stream().map(group -> paths[group].of(planned.get(group).group())).toList();
    double threshold = PathMerge.select(groups, aim.target()).gone().threshold();
    return threshold > 0 ? upTo(MARGIN * threshold, 1) : bound(REACH);
  }

  /**
   * How far paths must be followed at least, by what the last shot left and what it cost.
   *
   * @param more share of a group besides what the shot needs
   */
  private PathOptions bound(double more) {
    if (recipe.selection().widths().oneWidth()) {
      return whole();
    }
    Removal last = aim.before();
    double ceiling = last == null ? 0 : CEILING * last.threshold();
    return upTo(ceiling, Math.min(1, more + needed()));
  }

  /** The share of what is left that this shot takes. */
  private double needed() {
    double gone = aim.before() == null ? 0 : aim.before().sparsity();
    return gone < 1 ? Math.max(0, aim.target() - gone) / (1 - gone) : 1;
  }

  private PathOptions whole() {
    return upTo(0, 1);
  }

  /** To a cost per weight, if it is one, and a share of the group's weights. */
  private PathOptions upTo(double cost, double share) {
    double ceiling = cost > 0 ? cost : Double.POSITIVE_INFINITY;
    return new PathOptions(recipe.selection().pathStep(), share, ceiling);
  }

  /** How well the factors of all layers could be inverted, in the model's order. */
  private List<LayerHealth> health(List<GroupScore> groups) {
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

  private ShotChoice choice(Merged merged, int again, List<LayerHealth> health) {
    PathMerge.Result chosen = merged.chosen();
    PathMerge.Gone gone = chosen.gone();
    Map<String, ShotChoice.KindShare> kinds = new TreeMap<>();
    chosen
        .kinds()
        .forEach(
            (kind, share) ->
                kinds.put(
                    kind.optionName(), new ShotChoice.KindShare(share.units(), share.predicted())));
    return new ShotChoice(
        new Removal(aim.target(), gone.threshold(), gone.removed(), gone.total()),
        new ShotChoice.Prediction(gone.predicted(), kinds, without(merged)),
        again,
        layers(chosen),
        0,
        health,
        costs(chosen));
  }

  private static Map<String, CostCounts> costs(PathMerge.Result chosen) {
    Map<String, CostCounts> costs = new TreeMap<>();
    chosen.costs().forEach((kind, counts) -> costs.put(kind.optionName(), counts));
    return costs;
  }

  private static Map<String, ShotChoice.Without> without(Merged merged) {
    Map<String, ShotChoice.Without> without = new TreeMap<>();
    merged
        .without()
        .forEach(
            (constraint, result) ->
                without.put(
                    StructureSettings.of(constraint).name(),
                    new ShotChoice.Without(result.gone().predicted(), result.gone().removed())));
    return without;
  }

  /** Selections by layer, in the model's order: groups list layers in their own. */
  private List<LayerSelection> layers(PathMerge.Result result) {
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
