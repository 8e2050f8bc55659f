package org.llmsurgeon.pipeline.forecast;

import org.llmsurgeon.pipeline.forecast.size.Cards;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.ProcessMemory;

/** How long stages take on some machines, from what they do. */
final class PlannedTime {
  /** What Spark needs to start and end a job, seconds. */
  private static final double JOB_SECONDS = 0.1;

  /** Flops of products that take as long as going over one number; measured: a nanosecond. */
  private static final double FLOPS_OF_A_NUMBER = 50;

  /** What the first time of a stage takes more, while Java loads and compiles what it does. */
  private static final double COLD_SECONDS = 0.4;

  /** The same of a stage that computes. */
  private static final double COLD_COMPUTING_SECONDS = 1;

  private final Machines machines;

  PlannedTime(Machines machines) {
    this.machines = machines;
  }

  /**
   * How often there is something.
   *
   * @param times how often the stage runs
   * @param jobs jobs that it has each time, one after the other
   * @param tasks tasks of each job; 0 for a stage that is left out
   */
  record Counts(int times, double jobs, int tasks) {
    /** A stage of one job. */
    Counts(int times, int tasks) {
      this(times, 1, tasks);
    }
  }

  /**
   * A stage.
   *
   * @param name its name
   * @param counts how often
   * @param load what it does each time
   */
  StagePlan stage(String name, Counts counts, PlannedLoad load) {
    double computing = computing(load) / busy(counts.tasks(), load.memory().atOnce());
    // Each executor reads and writes at the rate of a disk.
    double disks = Math.max(1, Math.min(machines.executors(), counts.tasks()));
    double moving = (load.read() + load.written()) / (machines.rates().disk() * disks);
    double cold = load.single() + load.inverse() > 0 ? COLD_COMPUTING_SECONDS : COLD_SECONDS;
    double seconds =
        JOB_SECONDS * counts.jobs() + computing + moving + cold / Math.max(1, counts.times());
    return new StagePlan(
        name,
        counts.times(),
        counts.tasks(),
        load.memory().atOnce(),
        new StagePlan.Work(load.single() + load.inverse(), load.read(), load.written()),
        memory(load.memory()),
        counts.tasks() == 0 ? 0 : seconds);
  }

  private static StagePlan.Memory memory(ProcessMemory need) {
    return new StagePlan.Memory(need.process(), need.device(), 0, need.mapped(), need.card());
  }

  /** Seconds of one core, or of one card, whose rate of passes has all that is in them. */
  private double computing(PlannedLoad load) {
    if (load.memory().card() > 0) {
      Cards.Kind card = machines.cards().kind();
      return load.single() / card.passes() + load.inverse() / card.solves();
    }
    Machines.Rates rates = machines.rates();
    double single = load.single() + FLOPS_OF_A_NUMBER * load.touched();
    return single / rates.single() + load.inverse() / rates.inverse();
  }

  /** Tasks that are at work, in the mean: in the last wave some places may be empty. */
  private double busy(int tasks, int atOnce) {
    int slots = machines.executors() * atOnce;
    int waves = (tasks + slots - 1) / slots;
    return Math.max(1, (double) tasks / Math.max(1, waves));
  }
}
