package org.llmsurgeon.surgery.calibrate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * A fixed group of calibration windows. Each group is accumulated as one and the sums are added in
 * order, so the groups, and not the partitions or machines of a run, decide the last bits of a
 * result.
 *
 * @param index position among the shards, from 0
 * @param from first window
 * @param to window after the last
 */
public record Shard(int index, int from, int to) implements Serializable {
  /** Windows for which one shard more is worth its files. */
  private static final int WINDOWS_PER_SHARD = 8;

  private static final int MOST = 64;

  /**
   * Cuts windows into shards of nearly equal size.
   *
   * @param windows how many there are, at least 1
   * @param requested how many shards are wanted; 0 for one per eight windows, between two and
   *     sixty-four
   */
  public static List<Shard> plan(int windows, int requested) {
    int wanted =
        requested > 0
            ? requested
            : Math.min(MOST, Math.max(2, (windows + WINDOWS_PER_SHARD - 1) / WINDOWS_PER_SHARD));
    int count = Math.min(windows, wanted);
    List<Shard> shards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shards.add(new Shard(i, start(windows, count, i), start(windows, count, i + 1)));
    }
    return shards;
  }

  private static int start(int windows, int count, int index) {
    return Math.toIntExact((long) windows * index / count);
  }
}
