package org.llmsurgeon.pipeline.compare;

import org.llmsurgeon.model.config.LinearShape;
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
 * @param block whose layers are pruned, others stay as they are; null for all
 */
record BaselineTask(LayerWork work, boolean sparseGpt, Integer block)
    implements TaskFunction<Integer, LayerFile> {
  @Override
  public LayerFile apply(Integer layer, String attempt) {
    try (CutLayer cut = work.open(opened -> cut(opened, layer))) {
      return new CutTask(work).write(cut, attempt);
    }
  }

  private CutLayer cut(LayerWork.Opened opened, int layer) {
    LinearShape shape = opened.weights().config().linears().get(layer);
    BaselineLayer baseline =
        new BaselineLayer(
            ExecutorDevice.shared(), shape, opened.weights(), opened.factors(), opened.recipe());
    return block == null || shape.block() == block ? baseline.prune(sparseGpt) : baseline.dense();
  }
}
