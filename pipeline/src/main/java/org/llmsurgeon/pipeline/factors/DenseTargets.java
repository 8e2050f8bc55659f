package org.llmsurgeon.pipeline.factors;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The targets of the Fisher {@code kl}: drawn from the dense model before a pass over the data, so
 * that no pass needs two models; once, or where each shot has its own windows, in each shot. They
 * are kept as token windows, a window's draws one after the other.
 */
final class DenseTargets {
  private final ShotContext shot;

  /**
   * Targets of a run.
   *
   * @param shot any shot of it
   */
  DenseTargets(ShotContext shot) {
    this.shot = shot;
  }

  /** Where they are; drawn where they are not yet. */
  WindowsFile file() {
    String record =
        shot.plan().windows().fresh().isEmpty()
            ? "windows/targets.json"
            : ShotStage.ACCUMULATE.record(shot.shot());
    return shot.run()
        .finished(record, WindowsFile.class)
        .orElseGet(
            () -> {
              WindowsFile file = draw();
              shot.run().commit(record, file);
              return file;
            });
  }

  private WindowsFile draw() {
    ModelRef dense = shot.session().model(shot.plan().identity().inputs().model().path());
    DrawTask work = new DrawTask(shot.work().with(dense), shot.plan().calibration(shot.shot()));
    List<int[][]> drawn =
        shot.session()
            .tasks()
            .onGpus(GpuWork.PASSES)
            .run(shot.stage("draw"), shot.plan().shards(), work)
            .value();
    List<int[]> rows = new ArrayList<>();
    drawn.forEach(part -> rows.addAll(Arrays.asList(part)));
    return Windows.write(shot.run(), "targets", new TokenWindows(rows.toArray(new int[0][])));
  }

  /**
   * Targets of a shard.
   *
   * @param run run directory
   * @param file where they are; null where none were drawn
   * @param recipe how to prune
   * @param shard which windows
   * @return {@code [windows, draws, context]}; null where there is no file
   */
  static int[][][] read(RunDirectory run, WindowsFile file, Recipe recipe, Shard shard) {
    if (file == null) {
      return null;
    }
    int draws = recipe.curvature().fisher().samples();
    int[][] rows = Windows.read(run, file, shard.from() * draws, shard.to() * draws);
    int[][][] targets = new int[shard.to() - shard.from()][][];
    for (int window = 0; window < targets.length; window++) {
      targets[window] = Arrays.copyOfRange(rows, window * draws, (window + 1) * draws);
    }
    return targets;
  }
}
