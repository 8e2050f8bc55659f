package org.llmsurgeon.pipeline.cut;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.shot.LayerSelection;
import org.llmsurgeon.surgery.shot.ShotChoice;

/** Cuts all layers of a shot, a task each. Layers that are there already are not done again. */
public final class CutStage {
  private final ShotContext shot;
  private final TaskFunction<LayerSelection, LayerFile> task;

  /**
   * The stage of a shot, whose factors and selection are there.
   *
   * @param shot the shot
   */
  public CutStage(ShotContext shot) {
    this(shot, new CutTask(shot.work()));
  }

  /**
   * A stage that cuts in another way.
   *
   * @param shot the shot
   * @param task cuts a layer
   */
  public CutStage(ShotContext shot, TaskFunction<LayerSelection, LayerFile> task) {
    this.shot = shot;
    this.task = task;
  }

  /**
   * New weights of all layers, in the model's order.
   *
   * @param selection what goes
   */
  public Timed<List<LayerFile>> cut(ShotChoice selection) {
    List<LinearShape> layers = shot.config().linears();
    LayerFile[] files = new LayerFile[layers.size()];
    List<LayerSelection> missing = new ArrayList<>();
    for (int layer : shot.largestFirst()) {
      Optional<LayerFile> done =
          shot.run().finished(record(layers.get(layer).name()), LayerFile.class);
      done.ifPresentOrElse(
          file -> files[layer] = file, () -> missing.add(selection.layers().get(layer)));
    }
    if (missing.isEmpty()) {
      return new Timed<>(List.of(files), 0);
    }
    Timed<List<LayerFile>> made =
        shot.session()
            .tasks()
            .onGpus(GpuWork.SOLVES)
            .run(
                shot.stage("cut"),
                missing,
                task,
                file -> shot.run().commit(record(file.layer()), file));
    for (int i = 0; i < missing.size(); i++) {
      files[missing.get(i).layer()] = made.value().get(i);
    }
    return new Timed<>(List.of(files), made.seconds());
  }

  private String record(String layer) {
    return ShotStage.CUT.file(shot.shot(), layer + ".json");
  }
}
