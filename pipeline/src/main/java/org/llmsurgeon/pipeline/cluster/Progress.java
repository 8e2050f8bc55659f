package org.llmsurgeon.pipeline.cluster;

/**
 * What a run tells while it works; a command line draws bars or log lines from it. Calls come from
 * one thread at a time, not always the same one, and should return quickly. An exception thrown
 * here ends the run; what was committed before stays, and the next run goes on from there.
 */
public interface Progress {
  /**
   * A run starts.
   *
   * @param title what it does, in a few words
   * @param shots shots in the plan; 0 where there are none
   */
  void runStarted(String title, int shots);

  /**
   * A stage starts.
   *
   * @param shot shot it belongs to, from 1; 0 where it belongs to none
   * @param stage one word, for example {@code accumulate}
   * @param tasks how often {@link #taskFinished()} will be called before the stage ends
   */
  void stageStarted(int shot, String stage, int tasks);

  /** One task of the running stage finished and its result is kept. */
  void taskFinished();

  /**
   * The running stage ended.
   *
   * @param seconds wall-clock time since it started
   */
  void stageFinished(double seconds);

  /**
   * Something worth a line, for example {@code shot 3/10: 15.0 % removed, perplexity 9.81}.
   *
   * @param line one line of text
   */
  void note(String line);

  /**
   * A shot was committed and measured; of a run that goes on, those before too.
   *
   * @param shot its figures
   */
  default void shotFinished(ShotFigures shot) {}

  /** Tells nobody. */
  static Progress silent() {
    return new Progress() {
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
    };
  }
}
