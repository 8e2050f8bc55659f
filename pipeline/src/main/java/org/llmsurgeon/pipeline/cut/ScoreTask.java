package org.llmsurgeon.pipeline.cut;

import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.surgery.operate.LayerScore;
import org.llmsurgeon.surgery.operate.LayerTask;

/**
 * Computes what each row and column of a layer costs. Memory: about five matrices of the layer's
 * larger factor in double.
 *
 * @param work what it needs
 */
record ScoreTask(LayerWork work) implements TaskFunction<Integer, LayerScore> {
  @Override
  public LayerScore apply(Integer layer, String attempt) {
    return work.on(layer, LayerTask::score);
  }
}
