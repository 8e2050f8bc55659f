package org.llmsurgeon.pipeline;

/** When in a run of two shots something is killed: after the first task of a stage. */
enum Phase {
  TOKENISE("0 tokenise"),
  ACCUMULATE("2 accumulate"),
  REDUCE("2 reduce"),
  SCORE("2 score"),
  CUT("2 cut"),
  COMMIT("2 cut"),
  EVALUATE("2 evaluate"),
  WRITE("0 write");

  private final String stage;

  Phase(String stage) {
    this.stage = stage;
  }

  /** Does something once, when a run comes to this phase. */
  Progress progress(Runnable action) {
    return new Once(this, action);
  }

  private static final class Once extends RecordingProgress {
    private final Phase phase;
    private final Runnable action;
    private boolean here;
    private boolean done;

    Once(Phase phase, Runnable action) {
      this.phase = phase;
      this.action = action;
    }

    @Override
    public void stageStarted(int shot, String stage, int tasks) {
      here = phase.stage.equals(shot + " " + stage);
    }

    @Override
    public void taskFinished() {
      if (phase != COMMIT) {
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
