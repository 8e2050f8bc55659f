package org.llmsurgeon.pipeline.forecast;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.llmsurgeon.pipeline.forecast.size.Cards;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.surgery.calibrate.Shard;

/**
 * How a run is best cut for some machines.
 *
 * @param executors processes
 * @param cores of each
 * @param heap of each, bytes; it holds little
 * @param overhead memory of each outside the heap, bytes
 * @param shards groups of calibration windows that are summed as one
 * @param cards cards of each
 */
public record Proposal(
    int executors, int cores, long heap, long overhead, int shards, Cards cards) {
  /** What the Java heap of an executor should have, and no more than half of its memory. */
  private static final long HEAP = 4L << 30;

  /** So much more time is no reason for more shards, which take disk. */
  private static final double ABOUT = 1.05;

  /**
   * Settings, and what the run then needs.
   *
   * @param plan what it needs
   * @param proposal the settings
   */
  public record Planned(@JsonUnwrapped ResourcePlan plan, Proposal proposal) {}

  /**
   * Memory of an executor with which there is room for a task of each stage, in bytes, whole GiB:
   * with more of it more is kept, so what lacks now is not all that is needed.
   *
   * @param work what is to be done, in these shards
   * @param machines with another memory
   */
  public static long enough(Workload work, Machines machines) {
    Machines more = machines;
    Optional<StagePlan> lacking = ResourcePlanner.plan(work, more).shortest(more.memory());
    while (lacking.isPresent()) {
      long gibi = (lacking.get().memory().least() >> 30) + 1;
      more = machines.withMemory(gibi << 30);
      lacking = ResourcePlanner.plan(work, more).shortest(more.memory());
    }
    return more.memory();
  }

  /**
   * The smallest card of the table that has room for a task of each stage on cards: with more
   * memory more is kept, so what lacks now is not all that is needed.
   *
   * @param work what is to be done, in these shards
   * @param machines with other cards
   * @return its name; empty where none has
   */
  public static Optional<String> card(Workload work, Machines machines) {
    return CardTable.all().stream()
        .sorted(Comparator.comparingLong(Cards.Kind::memory))
        .filter(
            kind ->
                ResourcePlanner.plan(work, machines.withCard(kind))
                    .shortestOnCard(kind.memory())
                    .isEmpty())
        .findFirst()
        .map(Cards.Kind::name);
  }

  /**
   * The fewest shards of which the run takes about the least time. More shards let more cores work,
   * and are more to write and to read.
   *
   * @param work what is to be done; of its shards only the windows count
   * @param machines where
   */
  public static Planned of(Workload work, Machines machines) {
    List<Workload> cuts =
        IntStream.rangeClosed(1, Math.max(1, work.windows()))
            // Only numbers of shards with another size of the largest one.
            .filter(count -> count == 1 || largest(work, count) < largest(work, count - 1))
            .mapToObj(count -> work.withShards(Shard.plan(work.windows(), count).size()))
            .toList();
    List<ResourcePlan> plans =
        cuts.stream().map(each -> ResourcePlanner.plan(each, machines)).toList();
    double least = plans.stream().mapToDouble(ResourcePlan::seconds).min().orElse(0);
    int best = 0;
    while (plans.get(best).seconds() > ABOUT * least) {
      best++;
    }
    return of(cuts.get(best).shards(), plans.get(best), machines);
  }

  /**
   * The shards that were asked for.
   *
   * @param work what is to be done
   * @param machines where
   */
  public static Planned asAsked(Workload work, Machines machines) {
    return of(work.shards(), ResourcePlanner.plan(work, machines), machines);
  }

  private static Planned of(int shards, ResourcePlan plan, Machines machines) {
    long heap = Math.min(HEAP, machines.memory() / 2);
    return new Planned(
        plan,
        new Proposal(
            machines.executors(),
            machines.cores(),
            heap,
            machines.memory() - heap,
            shards,
            machines.cards()));
  }

  private static int largest(Workload work, int shards) {
    return (work.windows() + shards - 1) / shards;
  }
}
