package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPass;

/**
 * A range of the factors of a pass that one calibration task gathers at a time. A model whose
 * factors do not fit the memory goes through the data once per group; each factor comes out the
 * same.
 *
 * @param index position among the groups of all passes, from 0
 * @param pass index of the pass
 * @param from first factor, in the order of {@link FactorPass#keys}
 * @param to factor after the last
 */
record FactorGroup(int index, int pass, int from, int to) implements Serializable {
  /**
   * Cuts the factors of each pass into groups that fit a budget, at least one factor each.
   *
   * @param config the model
   * @param passes all passes, in order
   * @param budget bytes that the sums of one task may take
   */
  static List<FactorGroup> plan(ModelConfig config, List<FactorPass> passes, long budget) {
    List<FactorGroup> groups = new ArrayList<>();
    for (FactorPass pass : passes) {
      long[] bytes = pass.keys(config).stream().mapToLong(key -> pass.bytes(config, key)).toArray();
      for (int[] range : ranges(bytes, budget)) {
        groups.add(new FactorGroup(groups.size(), pass.index(), range[0], range[1]));
      }
    }
    return groups;
  }

  /** Neighbours that fit a budget together: first, and after the last. */
  static List<int[]> ranges(long[] bytes, long budget) {
    List<int[]> ranges = new ArrayList<>();
    int from = 0;
    long used = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (i > from && used + bytes[i] > budget) {
        ranges.add(new int[] {from, i});
        from = i;
        used = 0;
      }
      used += bytes[i];
    }
    if (from < bytes.length) {
      ranges.add(new int[] {from, bytes.length});
    }
    return ranges;
  }

  /**
   * The factors of this group.
   *
   * @param keys all factors of the pass, in order
   */
  List<FactorKey> of(List<FactorKey> keys) {
    return keys.subList(from, to);
  }
}
