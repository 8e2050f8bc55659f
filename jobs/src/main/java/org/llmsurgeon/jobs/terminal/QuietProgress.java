package org.llmsurgeon.jobs.terminal;

/** Progress that nobody wants to see. */
public final class QuietProgress implements RunProgress {
  @Override
  public void starting(String what) {}

  @Override
  public void runStarted(String title, int shots) {}

  @Override
  public void stageStarted(int shot, String stage, int tasks) {}

  @Override
  public void taskFinished() {}

  @Override
  public void stageFinished(double seconds) {}

  @Override
  public void note(String line) {}

  @Override
  public void close() {}
}
