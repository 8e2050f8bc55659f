package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.pipeline.cluster.Progress;

/** Remembers what it was told, in order. */
public class RecordingProgress implements Progress {
  private final List<String> events = new ArrayList<>();

  public synchronized List<String> events() {
    return List.copyOf(events);
  }

  private synchronized void add(String event) {
    events.add(event);
  }

  @Override
  public void runStarted(String title, int shots) {
    add("run " + title + " " + shots);
  }

  @Override
  public void stageStarted(int shot, String stage, int tasks) {
    add("stage " + shot + " " + stage + " " + tasks);
  }

  @Override
  public void taskFinished() {
    add("task");
  }

  @Override
  public void stageFinished(double seconds) {
    add("end");
  }

  @Override
  public void note(String line) {
    add("note " + line);
  }
}
