package org.llmsurgeon.pipeline.cut;

import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pipeline.weights.LayerWriter;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.shot.LayerSelection;

/**
 * Removes what was selected of a layer, updates the rest and writes the new weight. Memory as in
 * {@link ScoreTask}.
 *
 * @param work what it needs
 */
public record CutTask(LayerWork work) implements TaskFunction<LayerSelection, LayerFile> {
  @Override
  public LayerFile apply(LayerSelection selection, String attempt) {
    try (CutLayer cut = cut(selection)) {
      return write(cut, attempt);
    }
  }

  /** Writes a new weight into the run directory. */
  public LayerFile write(CutLayer cut, String attempt) {
    String layer = cut.report().layer();
    String path = ShotStage.CUT.file(work.shot(), layer + "-" + attempt + ".safetensors");
    return LayerWriter.write(
        work.directory(), path, cut.report(), new LayerWriter.Named(layer, cut.weight()));
  }

  private CutLayer cut(LayerSelection selection) {
    return selection.elements() == null
        ? work.on(selection.layer(), task -> task.cut(selection.lines()))
        : work.onElements(selection.layer(), task -> task.cut(selection.elements()));
  }
}
