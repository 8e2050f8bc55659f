package org.llmsurgeon.pipeline.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.llmsurgeon.pipeline.files.Traffic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures what the stages of an operation need, by listening where progress is told: the time of
 * each, the bytes that its tasks and the driver move, and peaks of memory. Of tasks that run more
 * than once, the attempt counts whose result does.
 */
public final class RunUsage implements Progress {
  private static final Logger LOG = LoggerFactory.getLogger(RunUsage.class);

  private final Progress progress;
  private final RunUsage outer;
  private final List<Stage> stages = new ArrayList<>();
  private Stage running;
  private Traffic driver;
  private long held;
  private Long disk;

  /**
   * Measures from now on.
   *
   * @param progress told of everything, too
   */
  RunUsage(Progress progress) {
    this(progress, null);
  }

  private RunUsage(Progress progress, RunUsage outer) {
    this.progress = progress;
    this.outer = outer;
  }

  /** For stages inside the running one: nobody is told of them, and their tasks are its own. */
  RunUsage quiet() {
    return new RunUsage(Progress.silent(), this);
  }

  /**
   * What a stage needed.
   *
   * @param shot shot it belongs to, from 1; 0 where it belongs to none
   * @param name stage
   * @param tasks its tasks
   * @param seconds wall-clock time
   * @param traffic bytes moved by its tasks, and by the driver
   * @param driver most memory of the driver that was resident, bytes, or null
   * @param executor the same of the processes of its tasks; null where it had none
   * @param device most memory that tensors took in a process that did its work, bytes
   */
  public record Stage(
      int shot,
      String name,
      int tasks,
      double seconds,
      Traffic traffic,
      Long driver,
      Long executor,
      long device) {
    /** Most memory of a process that did its work: the driver where there were no tasks. */
    public Long worker() {
      return executor == null ? driver : executor;
    }

    private Stage plus(TaskUsage task) {
      return new Stage(
          shot,
          name,
          tasks,
          seconds,
          traffic.plus(new Traffic(task.read(), task.written())),
          driver,
          larger(executor, task.peak()),
          Math.max(device, task.device()));
    }

    /** What the driver's tensors took more than before counts where there were no tasks. */
    private Stage ended(double time, Traffic more, long held) {
      return new Stage(
          shot,
          name,
          tasks,
          time,
          traffic.plus(more),
          PeakMemory.stageBytes(),
          executor,
          executor == null ? PeakMemory.stageDeviceBytes() - held : device);
    }
  }

  /** The larger of two, where null is nothing. */
  public static Long larger(Long one, Long other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return Math.max(one, other);
  }

  /** All stages that ended, in order. */
  public synchronized List<Stage> stages() {
    return List.copyOf(stages);
  }

  /** Notes what the run directory holds now. */
  public synchronized void disk(long bytes) {
    disk = larger(disk, bytes);
  }

  /** Most bytes that the run directory was seen to hold, or null. */
  public synchronized Long disk() {
    return disk;
  }

  /**
   * Adds a task of the running stage.
   *
   * @param task what it needed
   */
  synchronized void add(TaskUsage task) {
    if (outer != null) {
      outer.add(task);
    }
    if (running != null) {
      running = running.plus(task);
    }
  }

  @Override
  public void runStarted(String title, int shots) {
    progress.runStarted(title, shots);
  }

  @Override
  public void stageStarted(int shot, String stage, int tasks) {
    synchronized (this) {
      running = new Stage(shot, stage, tasks, 0, Traffic.NONE, null, null, 0);
      driver = Traffic.ofThread();
      held = PeakMemory.deviceBytes();
      PeakMemory.beginStage(new Object());
    }
    progress.stageStarted(shot, stage, tasks);
  }

  @Override
  public void taskFinished() {
    progress.taskFinished();
  }

  @Override
  public void stageFinished(double seconds) {
    synchronized (this) {
      Stage ended = running.ended(seconds, Traffic.ofThread().since(driver), held);
      stages.add(ended);
      running = null;
      LOG.debug(
          "shot {} {}: {} tasks, {} s, {} bytes read, {} written, {} of tensors at most",
          ended.shot(),
          ended.name(),
          ended.tasks(),
          String.format(Locale.ROOT, "%.3f", seconds),
          ended.traffic().read(),
          ended.traffic().written(),
          ended.device());
    }
    progress.stageFinished(seconds);
  }

  @Override
  public void note(String line) {
    progress.note(line);
  }

  @Override
  public void shotFinished(ShotFigures shot) {
    progress.shotFinished(shot);
  }
}
