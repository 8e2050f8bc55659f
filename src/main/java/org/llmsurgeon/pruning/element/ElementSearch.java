package org.llmsurgeon.pruning.element;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.pruning.element.ElementThreshold.Found;
import org.llmsurgeon.pruning.element.ElementThreshold.Narrow;
import org.llmsurgeon.pruning.element.ElementThreshold.Step;

/**
 * The search for one threshold over all layers where of no layer more than some number of weights
 * may be gone (ours); with numbers that add up to the count it is a search for a threshold of each
 * layer. Between two passes over the layers it says which costs to count next.
 *
 * <p>A layer that would lose more under the common threshold loses exactly what it may, under a
 * threshold of its own, and leaves the common one, which can only rise by that. So it is repeated
 * until no other layer is above its number. Most of these layers show in the first pass, so that
 * there are seldom more passes than without limits.
 */
public final class ElementSearch {
  private final long count;
  private final long[] most;
  private final boolean[] alone;
  private final CostCut[] cuts;
  private final List<CostRange> ranges;
  private List<CostHistogram> first;
  private double threshold;

  /**
   * Before the first pass.
   *
   * @param count how many weights may be gone, those that are already too; at most the sum of
   *     {@code most}
   * @param most how many of each layer
   */
  public ElementSearch(long count, long[] most) {
    this.count = count;
    this.most = most.clone();
    this.alone = new boolean[most.length];
    this.cuts = new CostCut[most.length];
    this.ranges = new ArrayList<>();
    for (int layer = 0; layer < most.length; layer++) {
      ranges.add(most[layer] == 0 ? null : CostRange.ALL);
      alone[layer] = most[layer] == 0;
      cuts[layer] = alone[layer] ? CostCut.NOTHING : null;
    }
    if (count < 0 || count > Arrays.stream(most).sum()) {
      throw new IllegalArgumentException(count + " of " + Arrays.toString(most));
    }
  }

  /** Which costs of each layer to count in the next pass; null where a layer is done. */
  public List<CostRange> ranges() {
    return new ArrayList<>(ranges);
  }

  /** Whether no pass is needed any more. */
  public boolean isDone() {
    return ranges.stream().allMatch(range -> range == null);
  }

  /**
   * Takes in a pass.
   *
   * @param histograms for each layer that of its range; not read where that is null
   */
  public void counted(List<CostHistogram> histograms) {
    if (first == null) {
      first = new ArrayList<>(histograms);
      begin();
      return;
    }
    for (int layer = 0; layer < most.length; layer++) {
      if (alone[layer] && ranges.get(layer) != null) {
        ofLayer(layer, histograms.get(layer));
      }
    }
    List<Integer> pool = pool();
    if (!pool.isEmpty() && ranges.get(pool.get(0)) != null) {
      List<CostHistogram> counted = pool.stream().map(histograms::get).toList();
      ofPool(pool, counted);
    }
  }

  /** The common threshold's first step, without the layers that are above their number for sure. */
  private void begin() {
    List<Integer> pool = pool();
    while (!pool.isEmpty()) {
      List<CostHistogram> counted = pool.stream().map(first::get).toList();
      long left = left();
      boolean limited = pool.stream().anyMatch(layer -> most[layer] < first.get(layer).total());
      if (limited && left >= pool.stream().mapToLong(layer -> most[layer]).sum()) {
        pool.forEach(this::leave);
      } else {
        Step step = ElementThreshold.next(counted, left);
        if (!(step instanceof Narrow narrow) || !leaveAbove(pool, narrow.range())) {
          ofPool(pool, counted);
          return;
        }
      }
      pool = pool();
    }
  }

  /** Takes out layers of which more costs less than the whole range than may go. */
  private boolean leaveAbove(List<Integer> pool, CostRange range) {
    double from = range.cost(0);
    boolean any = false;
    for (int layer : pool) {
      CostHistogram all = first.get(layer);
      long below = all.gone();
      for (int i = 0; i < all.buckets().length; i++) {
        below += all.range().cost(all.buckets()[i]) < from ? all.counts()[i] : 0;
      }
      if (below > most[layer]) {
        leave(layer);
        any = true;
      }
    }
    return any;
  }

  private void ofPool(List<Integer> pool, List<CostHistogram> counted) {
    Step step = ElementThreshold.next(counted, left());
    if (step instanceof Narrow narrow) {
      pool.forEach(layer -> ranges.set(layer, narrow.range()));
      return;
    }
    Found found = (Found) step;
    boolean above = false;
    for (int i = 0; i < pool.size(); i++) {
      if (taken(counted.get(i), found.cuts().get(i)) > most[pool.get(i)]) {
        leave(pool.get(i));
        above = true;
      }
    }
    if (above) {
      begin();
      return;
    }
    for (int i = 0; i < pool.size(); i++) {
      cuts[pool.get(i)] = found.cuts().get(i);
      ranges.set(pool.get(i), null);
    }
    threshold = Math.max(threshold, found.threshold());
  }

  /** How many weights of a layer are gone after a cut. */
  private static long taken(CostHistogram counted, CostCut cut) {
    long taken = counted.gone() + counted.below() + cut.ties();
    for (int i = 0; i < counted.buckets().length; i++) {
      boolean below = counted.range().cost(counted.buckets()[i]) < cut.threshold();
      taken += below ? counted.counts()[i] : 0;
    }
    return taken;
  }

  private void leave(int layer) {
    alone[layer] = true;
    ofLayer(layer, first.get(layer));
  }

  private void ofLayer(int layer, CostHistogram counted) {
    Step step = ElementThreshold.next(List.of(counted), most[layer]);
    if (step instanceof Narrow narrow) {
      ranges.set(layer, narrow.range());
    } else {
      Found found = (Found) step;
      cuts[layer] = found.cuts().get(0);
      ranges.set(layer, null);
      threshold = Math.max(threshold, found.threshold());
    }
  }

  /** Layers under the common threshold. */
  private List<Integer> pool() {
    List<Integer> pool = new ArrayList<>();
    for (int layer = 0; layer < alone.length; layer++) {
      if (!alone[layer]) {
        pool.add(layer);
      }
    }
    return pool;
  }

  /** What the common threshold has to take; a layer may have lost more than it may before. */
  private long left() {
    long left = count;
    for (int layer = 0; layer < alone.length; layer++) {
      boolean known = first != null && first.get(layer) != null;
      long gone = known ? first.get(layer).gone() : 0;
      left -= alone[layer] ? Math.max(most[layer], gone) : 0;
    }
    return Math.max(0, left);
  }

  /** What goes, when no pass is needed any more; the threshold is the highest of all layers. */
  public Found found() {
    if (!isDone()) {
      throw new IllegalStateException("another pass is needed");
    }
    long total = first == null ? 0 : candidates();
    return new Found(List.of(cuts), threshold, count, total);
  }

  private long candidates() {
    return first.stream().mapToLong(each -> each == null ? 0 : each.total()).sum();
  }
}
