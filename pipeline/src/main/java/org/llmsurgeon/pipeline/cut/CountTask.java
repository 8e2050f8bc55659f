package org.llmsurgeon.pipeline.cut;

import java.io.Serializable;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.run.ElementCuts;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;

/**
 * Counts what the single weights or N:M groups of a layer cost. Memory as in {@link ScoreTask}.
 *
 * @param work what it needs
 */
record CountTask(LayerWork work) implements TaskFunction<CountTask.Item, CountTask.Counts> {
  /**
   * A layer.
   *
   * @param layer its position among the model's prunable layers
   * @param earlier what went in the rounds before
   * @param range which costs to count one by one
   */
  record Item(int layer, ElementCuts earlier, Range range) implements Serializable {}

  /**
   * A range of costs, in a form that travels.
   *
   * @param first bits of the smallest cost
   * @param width log2 of the bit patterns of the range
   * @param bucket log2 of the bit patterns of a bucket
   */
  record Range(long first, int width, int bucket) implements Serializable {
    static Range of(CostRange range) {
      return new Range(range.first(), range.width(), range.bucket());
    }

    CostRange range() {
      return new CostRange(first, width, bucket);
    }
  }

  /**
   * A histogram, in a form that travels: a number for each bucket that holds something.
   *
   * @param below candidates that cost less than the range
   * @param total candidates
   * @param buckets indices of the buckets that hold something
   * @param counts candidates in each of them
   */
  record Counts(long below, long total, long[] buckets, long[] counts) implements Serializable {
    CostHistogram histogram(CostRange range) {
      return new CostHistogram(range, below, total, buckets, counts);
    }
  }

  @Override
  public Counts apply(Item item, String attempt) {
    CostHistogram counted =
        work.onElements(
            item.layer(), task -> task.histogram(item.earlier().cuts(), item.range().range()));
    return new Counts(counted.below(), counted.total(), counted.buckets(), counted.counts());
  }
}
