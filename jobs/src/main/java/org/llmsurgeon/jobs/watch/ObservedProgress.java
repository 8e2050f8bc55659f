package org.llmsurgeon.jobs.watch;

import java.util.List;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ShotFigures;

/** Progress that is shown, and of which observers are told what they follow. */
public final class ObservedProgress implements Progress {
  private final Progress shown;
  private final List<RunObserver> observers;
  private String stage = "";

  /**
   * @param shown where everything goes
   * @param observers told what is finished
   */
  public ObservedProgress(Progress shown, List<RunObserver> observers) {
    this.shown = shown;
    this.observers = List.copyOf(observers);
  }

  @Override
  public void runStarted(String title, int shots) {
    shown.runStarted(title, shots);
  }

  @Override
  public void stageStarted(int shot, String name, int tasks) {
    stage = name;
    shown.stageStarted(shot, name, tasks);
  }

  @Override
  public void taskFinished() {
    shown.taskFinished();
  }

  @Override
  public void stageFinished(double seconds) {
    shown.stageFinished(seconds);
    observers.forEach(each -> each.stageFinished(stage, seconds));
  }

  @Override
  public void note(String line) {
    shown.note(line);
  }

  @Override
  public void shotFinished(ShotFigures shot) {
    shown.shotFinished(shot);
    observers.forEach(each -> each.shotFinished(shot));
  }
}
