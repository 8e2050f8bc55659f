package org.llmsurgeon.jobs.terminal;

import org.llmsurgeon.pipeline.cluster.Progress;

/** Progress that holds something of the terminal until it is closed. */
public interface RunProgress extends Progress, AutoCloseable {
  /** Takes what is drawn off the terminal; nothing may be told afterwards. */
  @Override
  void close();
}
