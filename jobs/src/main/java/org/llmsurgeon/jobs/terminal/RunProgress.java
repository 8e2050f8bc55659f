package org.llmsurgeon.jobs.terminal;

import org.llmsurgeon.pipeline.cluster.Progress;

/** Progress that holds something of the terminal until it is closed. */
public interface RunProgress extends Progress, AutoCloseable {
  /**
   * Says at once that something is done before there is anything to tell of: who looks on sees that
   * the program is there.
   *
   * @param what it is
   */
  void starting(String what);

  /** Takes what is drawn off the terminal; nothing may be told afterwards. */
  @Override
  void close();
}
