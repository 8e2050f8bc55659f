package org.llmsurgeon.pipeline.forecast;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * How a planned run goes on executors that are not all alike: each stage's tasks are given to the
 * place that is free first, as Spark does; some take longer, and executors get lost. Discrete
 * events, in simulated seconds.
 *
 * @param executors processes
 * @param spread standard deviation of the logarithm of a task's time
 * @param slow share of tasks that take {@code slowness} times as long
 * @param slowness factor of slow tasks
 * @param lostPerHour executors lost per executor and hour; another comes in their place
 * @param launch seconds of the driver for each task: it starts one after the other
 */
record ClusterSimulation(
    int executors, double spread, double slow, double slowness, double lostPerHour, double launch) {
  /** Seconds until a new executor takes the place of a lost one. */
  private static final double REPLACEMENT = 60;

  /**
   * What came of a run.
   *
   * @param seconds from start to end
   * @param busy share of the time of all places in which tasks were at work
   * @param repeated tasks that were done again because their executor was lost
   */
  record Outcome(double seconds, double busy, int repeated) {}

  /** A place for a task. */
  private record Place(double free, int executor) {}

  /**
   * Runs all stages of a plan, one after the other.
   *
   * @param plan the stages
   * @param seed of what is drawn
   */
  Outcome run(ResourcePlan plan, long seed) {
    Random random = new Random(seed);
    double now = 0;
    double worked = 0;
    double offered = 0;
    int repeated = 0;
    for (StagePlan stage : plan.stages()) {
      for (int time = 0; time < stage.times() && stage.tasks() > 0; time++) {
        double mean = meanOfTask(stage);
        Stage run = new Stage(stage, mean, random);
        double seconds = run.seconds();
        now += seconds;
        worked += run.worked;
        offered += seconds * executors * stage.atOnce();
        repeated += run.repeated;
      }
    }
    return new Outcome(now, worked / offered, repeated);
  }

  /** A task's time, from the stage's, in which so many waves follow each other. */
  private double meanOfTask(StagePlan stage) {
    int slots = executors * stage.atOnce();
    int waves = (stage.tasks() + slots - 1) / slots;
    return stage.seconds() / waves;
  }

  /** One stage while it runs. */
  private final class Stage {
    private final StagePlan stage;
    private final double mean;
    private final Random random;
    private final PriorityQueue<Place> places =
        new PriorityQueue<>(
            Comparator.comparingDouble(Place::free).thenComparingInt(Place::executor));
    private double worked;
    private int repeated;

    Stage(StagePlan stage, double mean, Random random) {
      this.stage = stage;
      this.mean = mean;
      this.random = random;
      for (int slot = 0; slot < stage.atOnce(); slot++) {
        for (int executor = 0; executor < executors; executor++) {
          places.add(new Place(0, executor));
        }
      }
    }

    double seconds() {
      double end = 0;
      for (int task = 0; task < stage.tasks(); task++) {
        end = Math.max(end, runTask(task));
      }
      return end;
    }

    /** When the task is done; as often as its executor is lost under it, it begins anew. */
    private double runTask(int task) {
      while (true) {
        Place place = places.poll();
        double begin = Math.max(place.free(), (task + 1) * launch);
        double takes = mean * Math.exp(spread * random.nextGaussian() - spread * spread / 2);
        takes *= random.nextDouble() < slow ? slowness : 1;
        double lost = -Math.log(1 - random.nextDouble()) * 3600 / lostPerHour;
        if (lost >= takes) {
          worked += takes;
          places.add(new Place(begin + takes, place.executor()));
          return begin + takes;
        }
        repeated++;
        places.add(new Place(begin + lost + REPLACEMENT, place.executor()));
      }
    }
  }
}
