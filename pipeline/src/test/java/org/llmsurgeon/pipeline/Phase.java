package org.llmsurgeon.pipeline;

import org.llmsurgeon.pipeline.cluster.Progress;

/** When in a run of two shots something is killed: after a task of a stage, mostly the first. */
public enum Phase {
  TOKENISE("0 tokenise"),
  ACCUMULATE("2 accumulate"),
  REDUCE("2 reduce"),
  SCORE("2 score"),
  CUT("2 cut"),
  COMMIT("2 cut"),
  EVALUATE("2 evaluate"),
  WRITE("0 write"),
  REDUCE_IN_TASKS(KilledRun.SUMMED_IN_TASKS, "2 reduce", 1),
  /** After a step of the optimiser. */
  CORRECT_FIRST(KilledRun.CORRECTED, "1 correct", 1),
  /** After a block. */
  RECONSTRUCT(KilledRun.CORRECTED, "2 reconstruct", 1),
  /** After a step of the optimiser that comes after a state was kept. */
  CORRECT_LAST(KilledRun.CORRECTED, "2 correct", 1, 10),
  MERGE(KilledRun.CORRECTED, "2 merge", 1),
  /** After a step of the optimiser, and after one that comes after a look. */
  RECOVER_FIRST(KilledRun.RECOVERED, "2 recover", 1),
  RECOVER_LATER(KilledRun.RECOVERED, "2 recover", 1, 3),
  FIRST_PASS(KilledRun.POWER_ITERATION, "1 accumulate", 2),
  LAST_PASS(KilledRun.POWER_ITERATION, "2 accumulate", 2),
  EIGENVECTORS(KilledRun.EIGENVALUES, "2 eigen", 1),
  EIGENVALUES(KilledRun.EIGENVALUES, "2 accumulate", 2);

  private final KilledRun run;
  private final String stage;
  private final int time;
  private final int task;

  Phase(String stage) {
    this(KilledRun.PLAIN, stage, 1);
  }

  Phase(KilledRun run, String stage, int time) {
    this(run, stage, time, 1);
  }

  Phase(KilledRun run, String stage, int time, int task) {
    this.run = run;
    this.stage = stage;
    this.time = time;
    this.task = task;
  }

  /** The run that comes to this phase. */
  KilledRun run() {
    return run;
  }

  /** Does something once, when a run comes to this phase. */
  public Progress progress(Runnable action) {
    return new Once(this, action);
  }

  private static final class Once extends RecordingProgress {
    private final Phase phase;
    private final Runnable action;
    private int seen;
    private int tasks;
    private boolean here;
    private boolean done;

    Once(Phase phase, Runnable action) {
      this.phase = phase;
      this.action = action;
    }

    @Override
    public void stageStarted(int shot, String stage, int tasks) {
      here = phase.stage.equals(shot + " " + stage) && ++seen == phase.time;
    }

    @Override
    public void taskFinished() {
      tasks += here ? 1 : 0;
      if (phase != COMMIT && tasks == phase.task) {
        act();
      }
    }

    /** The commit follows when all layers are cut. */
    @Override
    public void stageFinished(double seconds) {
      if (phase == COMMIT) {
        act();
      }
      here = false;
    }

    private void act() {
      if (here && !done) {
        done = true;
        action.run();
      }
    }
  }
}
