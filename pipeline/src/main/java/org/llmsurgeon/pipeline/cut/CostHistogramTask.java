package org.llmsurgeon.pipeline.cut;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;

/**
 * Counts what the single weights or N:M groups of a layer cost. Memory as in {@link ScoreTask}.
 *
 * @param work what it needs
 */
record CostHistogramTask(LayerWork work)
    implements TaskFunction<CostHistogramTask.Item, CostHistogram> {
  /**
   * A layer.
   *
   * @param layer its position among the model's prunable layers
   * @param earlier what went in the rounds before
   * @param range which costs to count one by one
   */
  record Item(int layer, List<CostCut> earlier, CostRange range) implements Serializable {
    Item {
      earlier = List.copyOf(earlier);
    }
  }

  @Override
  public CostHistogram apply(Item item, String attempt) {
    return work.onElements(item.layer(), task -> task.histogram(item.earlier(), item.range()));
  }
}
