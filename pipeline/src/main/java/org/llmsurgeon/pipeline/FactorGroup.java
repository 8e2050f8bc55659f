package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.surgery.FactorKey;

/**
 * A range of a model's factors that one calibration task gathers at a time. A model whose factors
 * do not fit the memory goes through the data once per group; each factor comes out the same.
 *
 * @param index position among the groups, from 0
 * @param from first factor, in the order of {@link org.llmsurgeon.surgery.FactorPlan#keys}
 * @param to factor after the last
 */
record FactorGroup(int index, int from, int to) implements Serializable {
  /**
   * Cuts factors into groups that fit a budget, at least one factor each.
   *
   * @param keys all factors, in order
   * @param budget bytes that the sums of one task may take
   */
  static List<FactorGroup> plan(List<FactorKey> keys, long budget) {
    List<FactorGroup> groups = new ArrayList<>();
    int from = 0;
    long used = 0;
    for (int i = 0; i < keys.size(); i++) {
      long bytes = bytes(keys.get(i));
      if (i > from && used + bytes > budget) {
        groups.add(new FactorGroup(groups.size(), from, i));
        from = i;
        used = 0;
      }
      used += bytes;
    }
    if (from < keys.size()) {
      groups.add(new FactorGroup(groups.size(), from, keys.size()));
    }
    return groups;
  }

  /** Bytes of one factor while it is gathered: a packed triangle in double. */
  static long bytes(FactorKey key) {
    return Double.BYTES * key.packedSize();
  }

  /**
   * The factors of this group.
   *
   * @param keys all factors, in order
   */
  List<FactorKey> of(List<FactorKey> keys) {
    return keys.subList(from, to);
  }
}
