package org.llmsurgeon.model.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelSize;

/**
 * Consecutive windows of one length that go through the network together.
 *
 * @param first index of the first window in the caller's array
 * @param sequences number of windows
 * @param length tokens of each
 * @param ids {@code [sequences * length]} token ids, one window after the other
 */
public record Batch(int first, int sequences, int length, int[] ids) {
  /**
   * Groups windows into batches. Only neighbours of equal length share one.
   *
   * @param windows the windows
   * @param tokens tokens of a batch, at most, though at least one window
   */
  public static List<Batch> split(int[][] windows, int tokens) {
    List<Batch> batches = new ArrayList<>();
    int from = 0;
    while (from < windows.length) {
      int length = windows[from].length;
      int most = Math.max(1, tokens / Math.max(1, length));
      int to = from + 1;
      while (to < windows.length && to - from < most && windows[to].length == length) {
        to++;
      }
      batches.add(of(windows, from, to));
      from = to;
    }
    return batches;
  }

  private static Batch of(int[][] windows, int from, int to) {
    int length = windows[from].length;
    int[] ids = new int[Math.multiplyExact(to - from, length)];
    for (int window = from; window < to; window++) {
      System.arraycopy(windows[window], 0, ids, (window - from) * length, length);
    }
    return new Batch(from, to - from, length, ids);
  }

  /**
   * Refuses windows that the network cannot read.
   *
   * @param windows the windows
   * @param size sizes of the network
   * @param shortest fewest tokens of a window
   */
  public static void check(int[][] windows, ModelSize size, int shortest) {
    for (int window = 0; window < windows.length; window++) {
      int length = windows[window].length;
      if (length < shortest) {
        throw new InputException(
            "window %d has %d tokens, but at least %d are needed"
                .formatted(window, length, shortest));
      }
      if (length > size.maxPositions()) {
        throw new InputException(
            ("window %d has a context of %d tokens, which exceeds the model's"
                    + " max_position_embeddings of %d: use --context %<d or less")
                .formatted(window, length, size.maxPositions()));
      }
      checkIds(windows[window], window, size.vocabulary());
    }
  }

  private static void checkIds(int[] ids, int window, int vocabulary) {
    for (int position = 0; position < ids.length; position++) {
      if (ids[position] < 0 || ids[position] >= vocabulary) {
        throw new InputException(
            ("window %d holds token id %d at position %d, but the model's vocabulary has %d"
                    + " entries: use the tokenizer of this model")
                .formatted(window, ids[position], position, vocabulary));
      }
    }
  }

  int tokens() {
    return ids.length;
  }

  /** The next token of each position, and -1 for each window's last one. */
  public int[] targets() {
    int[] targets = new int[ids.length];
    for (int token = 0; token < ids.length; token++) {
      targets[token] = (token + 1) % length == 0 ? -1 : ids[token + 1];
    }
    return targets;
  }

  /**
   * Puts targets of this batch where those of all windows are.
   *
   * @param targets one for each token, -1 for a window's last one
   * @param draw which draw they are of
   * @param all {@code [windows, draws, context]}; written, with 0 for a window's last token
   */
  public void split(int[] targets, int draw, int[][][] all) {
    for (int sequence = 0; sequence < sequences; sequence++) {
      int from = sequence * length;
      int[] own = Arrays.copyOfRange(targets, from, from + length);
      own[length - 1] = 0;
      all[first + sequence][draw] = own;
    }
  }

  /** Index of each token in its window, plus an offset. */
  public int[] positions(int offset) {
    int[] positions = new int[ids.length];
    Arrays.setAll(positions, token -> token % length + offset);
    return positions;
  }

  /** What each token's loss counts so that each window's loss is a mean, times a factor. */
  public double[] meanWeights(double factor) {
    double[] weights = new double[ids.length];
    Arrays.fill(weights, factor / (length - 1));
    return weights;
  }

  /** Each window's mean of its tokens' losses. */
  public double[] means(double[] losses) {
    double[] means = new double[sequences];
    for (int sequence = 0; sequence < sequences; sequence++) {
      for (int position = 0; position < length - 1; position++) {
        means[sequence] += losses[sequence * length + position];
      }
      means[sequence] /= length - 1;
    }
    return means;
  }

  /** Where a row of an activation comes from, for messages. */
  String describe(long row) {
    return "token %d of window %d".formatted(row % length, first + row / length);
  }
}
