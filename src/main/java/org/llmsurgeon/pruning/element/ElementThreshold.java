package org.llmsurgeon.pruning.element;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.WeightCount;

/**
 * One ordering of the candidates of all layers, single weights or groups, cut where as many weights
 * are gone as may be (method, section 3). What is gone already counts and takes nothing. Only
 * histograms travel: the first pass over the layers counts all costs in log-spaced buckets, each
 * further one looks into the bucket that holds the threshold, until buckets are single costs. Two
 * passes do for a million candidates in that bucket, at most four for any number. Candidates that
 * cost the same go in the order of layers, then row by row, as far as they fit: of groups of
 * several weights a few weights less than may be can be gone.
 *
 * <p>{@link #next} is one step between two passes.
 */
public final class ElementThreshold {
  private ElementThreshold() {}

  /** What follows from the histograms of a pass. */
  public sealed interface Step permits Narrow, Found {}

  /**
   * Another pass is needed.
   *
   * @param range the costs to count now
   */
  public record Narrow(CostRange range) implements Step {}

  /**
   * The threshold is known.
   *
   * @param cuts what goes of each layer, in the order the layers were given
   * @param threshold the largest cost among what goes; 0 where nothing goes
   * @param removed weights that may be gone; exactly so many are, unless groups do not fill it
   * @param total weights of the candidates of all layers
   */
  public record Found(List<CostCut> cuts, double threshold, long removed, long total)
      implements Step {
    /** Copies the list. */
    public Found {
      cuts = List.copyOf(cuts);
    }
  }

  /**
   * Weights that may go: the most that do not exceed a target.
   *
   * @param target share of all weights that is to be gone, in [0, 1]
   * @param weights weights of all layers, biases counted
   * @throws org.llmsurgeon.InputException if the target is not in [0, 1]
   */
  public static long count(double target, long weights) {
    LayerSparsity.checkShare(target);
    return WeightCount.atMost(target, weights);
  }

  /**
   * The step after a pass.
   *
   * @param layers one histogram for each layer, in the model's order, which breaks ties; all of the
   *     range of this pass, {@link CostRange#ALL} at first
   * @param count how many weights may be gone, those that are already too; at most all
   */
  public static Step next(List<CostHistogram> layers, long count) {
    CostHistogram all =
        layers.stream().reduce(CostHistogram::merge).orElse(CostHistogram.none(CostRange.ALL));
    if (count < 0 || count > all.total()) {
      throw new IllegalArgumentException(count + " of " + all.total() + " weights");
    }
    if (count <= all.gone()) {
      List<CostCut> cuts = layers.stream().map(layer -> CostCut.NOTHING).toList();
      return new Found(cuts, 0, count, all.total());
    }
    long before = all.gone() + all.below();
    for (int i = 0; i < all.buckets().length; i++) {
      long in = all.counts()[i];
      if (before < count && count <= before + in) {
        return all.range().exact()
            ? found(layers, all.buckets()[i], count - before, count)
            : new Narrow(all.range().within(all.buckets()[i], in));
      }
      before += in;
    }
    throw new IllegalArgumentException(
        "weight " + count + " does not lie within the costs of " + all.range());
  }

  private static Found found(List<CostHistogram> layers, long bucket, long ties, long count) {
    double threshold = layers.get(0).range().cost(bucket);
    List<CostCut> cuts = new ArrayList<>(layers.size());
    long left = ties;
    long total = 0;
    for (CostHistogram layer : layers) {
      long taken = Math.min(left, layer.count(bucket));
      cuts.add(new CostCut(threshold, taken));
      left -= taken;
      total += layer.total();
    }
    // The smallest cost above 0 is that of weights without effect.
    return new Found(cuts, threshold == Double.MIN_VALUE ? 0 : threshold, count, total);
  }
}
