package org.llmsurgeon.pipeline.compare;

import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.cut.CutTask;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.surgery.operate.BaselineLayer;
import org.llmsurgeon.surgery.operate.CutLayer;

/**
 * Prunes a layer as a baseline does and writes the new weight.
 *
 * @param work what it needs
 * @param sparseGpt whether as SparseGPT; else as Wanda
 */
record BaselineTask(LayerWork work, boolean sparseGpt) implements TaskFunction<Integer, LayerFile> {
  @Override
  public LayerFile apply(Integer layer, String attempt) {
    try (CutLayer cut =
        work.open(
            opened ->
                new BaselineLayer(
                        ExecutorDevice.shared(),
                        opened.weights().config().linears().get(layer),
                        opened.weights(),
                        opened.factors(),
                        opened.recipe())
                    .prune(sparseGpt))) {
      return new CutTask(work).write(cut, attempt);
    }
  }
}
