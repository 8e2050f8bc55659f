package org.llmsurgeon.surgery.recipe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where the shots of a recipe end: at the targets of its schedule, and at each share at which the
 * model is kept. A share to keep that is one of the schedule's targets, to nine digits, changes
 * nothing; for any other there is one shot more, that ends there.
 */
final class ShotTargets {
  private static final double SAME = 1e-9;

  private final Recipe.Goal goal;
  private final Recipe.Pace pace;

  ShotTargets(Recipe.Goal goal, Recipe.Pace pace) {
    this.goal = goal;
    this.pace = pace;
  }

  /** How many shots there are; where they are adaptive, the most there may be. */
  int count() {
    long stops = pace.saveAt().stream().filter(save -> save < goal.sparsity()).count();
    return pace.adaptive() ? pace.shots() + (int) stops : all(goal.sparsity()).size();
  }

  /**
   * The target of a shot of a fixed number.
   *
   * @param shot from 1
   * @param share of the prunable weights at the end
   */
  double of(int shot, double share) {
    return pace.saveAt().isEmpty()
        ? pace.schedule().target(share, shot, pace.shots())
        : all(share).get(shot - 1);
  }

  /**
   * The share at which the model is kept after a shot, as it was asked for.
   *
   * @param target what the shot aimed at, a share of the prunable weights
   * @param share of the prunable weights at the end
   */
  Optional<Double> saved(double target, double share) {
    return pace.saveAt().stream()
        .filter(save -> Math.abs(inWeights(save, share) - target) <= SAME)
        .findFirst();
  }

  /**
   * Shares to keep before the end, as shares of the prunable weights.
   *
   * @param share of the prunable weights at the end
   */
  List<Double> stops(double share) {
    return pace.saveAt().stream()
        .filter(save -> save < goal.sparsity())
        .map(save -> inWeights(save, share))
        .toList();
  }

  private double inWeights(double save, double share) {
    return save == goal.sparsity() ? share : save * (share / goal.sparsity());
  }

  /** Targets of the schedule, and between them those shares that are none of them. */
  private List<Double> all(double share) {
    List<Double> all = new ArrayList<>();
    double before = 0;
    for (int shot = 1; shot <= pace.shots(); shot++) {
      double next = pace.schedule().target(goal.sparsity(), shot, pace.shots());
      for (double save : pace.saveAt()) {
        if (save > before + SAME && save < next - SAME) {
          all.add(inWeights(save, share));
        }
      }
      all.add(pace.schedule().target(share, shot, pace.shots()));
      before = next;
    }
    return all;
  }
}
