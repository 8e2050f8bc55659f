package org.llmsurgeon.pipeline;

/** Stops a run after some tasks, or steps, of a stage. */
final class PowerCut extends RecordingProgress {
  private final String stage;
  private final int tasks;
  private int seen;
  private boolean here;

  PowerCut(String stage, int tasks) {
    this.stage = stage;
    this.tasks = tasks;
  }

  @Override
  public void stageStarted(int shot, String name, int count) {
    super.stageStarted(shot, name, count);
    here = stage.equals(shot + " " + name);
  }

  @Override
  public void taskFinished() {
    super.taskFinished();
    seen += here ? 1 : 0;
    if (seen == tasks) {
      throw new IllegalStateException("power cut");
    }
  }
}
