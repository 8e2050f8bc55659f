package org.llmsurgeon.model.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ImageShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.Objective;

/**
 * Consecutive examples of one length that go through the network together.
 *
 * @param first index of the first example's window in the caller's array
 * @param sequences number of examples
 * @param length tokens of each
 * @param ids {@code [sequences * length]} token ids, one example after the other
 * @param targets the token that each position is to say; -1 where it does not count
 * @param types of the tokens; null where all are of the first
 * @param numbers of the examples, where the network is to give one for each
 * @param images pixels of each example; null where they are texts
 */
public record Batch(
    int first,
    int sequences,
    int length,
    int[] ids,
    int[] targets,
    int[] types,
    double[] numbers,
    int[][] images) {
  /**
   * Groups windows into batches. Only neighbours whose examples are of equal length share one, so
   * that none is filled up with tokens that must not count.
   *
   * @param windows the windows
   * @param objective makes examples of them
   * @param tokens tokens of a batch, at most, though at least one window
   */
  public static List<Batch> split(int[][] windows, Objective objective, int tokens) {
    List<Objective.Example> examples = Arrays.stream(windows).map(objective::example).toList();
    List<Batch> batches = new ArrayList<>();
    int from = 0;
    while (from < windows.length) {
      int length = examples.get(from).ids().length;
      int most = Math.max(1, tokens / Math.max(1, length));
      int to = from + 1;
      while (to < windows.length && to - from < most && examples.get(to).ids().length == length) {
        to++;
      }
      batches.add(of(examples, from, to));
      from = to;
    }
    return batches;
  }

  /**
   * An example as it is, nothing of which counts.
   *
   * @param example its targets do not matter
   */
  public static Batch asItIs(Objective.Example example) {
    int[] targets = new int[example.ids().length];
    Arrays.fill(targets, -1);
    int[][] images = example.pixels() == null ? null : new int[][] {example.pixels()};
    return new Batch(
        0, 1, targets.length, example.ids(), targets, example.types(), new double[1], images);
  }

  private static Batch of(List<Objective.Example> examples, int from, int to) {
    int length = examples.get(from).ids().length;
    int[] ids = new int[Math.multiplyExact(to - from, length)];
    int[] targets = new int[ids.length];
    int[] types = new int[ids.length];
    double[] numbers = new double[to - from];
    int[][] images = examples.get(from).pixels() == null ? null : new int[to - from][];
    boolean several = false;
    for (int window = from; window < to; window++) {
      Objective.Example example = examples.get(window);
      int at = (window - from) * length;
      System.arraycopy(example.ids(), 0, ids, at, length);
      System.arraycopy(example.targets(), 0, targets, at, length);
      if (example.types() != null) {
        System.arraycopy(example.types(), 0, types, at, length);
        several = true;
      }
      numbers[window - from] = example.number();
      if (images != null) {
        images[window - from] = example.pixels();
      }
    }
    return new Batch(
        from, to - from, length, ids, targets, several ? types : null, numbers, images);
  }

  /**
   * Refuses windows that the network cannot read.
   *
   * @param windows the windows
   * @param config the network
   */
  public static void check(int[][] windows, ModelConfig config) {
    int outputs = config.ends().outputs();
    for (int window = 0; window < windows.length; window++) {
      Objective.Example example = config.objective().example(windows[window]);
      check(example.ids(), window, config.size(), 2);
      if (!Double.isFinite(example.number())) {
        throw new InputException(
            "window %d has the number %s: give finite ones".formatted(window, example.number()));
      }
      if (example.pixels() != null) {
        checkImage(example, window, config.ends().images().shape());
      }
      for (int target : example.targets()) {
        if (target >= outputs) {
          throw new InputException(
              "window %d has the label %d, but the model has %d: number them from 0"
                  .formatted(window, target, outputs));
        }
      }
    }
  }

  private static void checkImage(Objective.Example example, int window, ImageShape shape) {
    if (example.targets()[0] < 0) {
      throw new InputException("window %d has no label: give each image one".formatted(window));
    }
    int most = 1 << Byte.SIZE * shape.channels();
    for (int pixel = 0; pixel < shape.pixels(); pixel++) {
      if (example.pixels()[pixel] < 0 || example.pixels()[pixel] >= most) {
        throw new InputException(
            "window %d holds %d as its pixel %d, but pixels of this model are from 0 to %d"
                .formatted(window, example.pixels()[pixel], pixel, most - 1));
      }
    }
  }

  /**
   * Refuses a window that the network cannot read.
   *
   * @param ids its tokens
   * @param window its index, for messages
   * @param size sizes of the network
   * @param shortest fewest tokens of a window
   */
  public static void check(int[] ids, int window, ModelSize size, int shortest) {
    int length = ids.length;
    if (length < shortest) {
      throw new InputException(
          "window %d has %d tokens, but at least %d are needed"
              .formatted(window, length, shortest));
    }
    if (length > size.maxPositions()) {
      throw new InputException(
          ("window %d has a context of %d tokens, which exceeds the model's"
                  + " max_position_embeddings of %d: use a context of %<d or less")
              .formatted(window, length, size.maxPositions()));
    }
    checkIds(ids, window, size.vocabulary());
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

  /** Whether a token's loss counts. */
  boolean counts(int token) {
    return targets[token] >= 0;
  }

  /**
   * Puts targets of this batch where those of all windows are.
   *
   * @param drawn one for each token, -1 where none counts
   * @param draw which draw they are of
   * @param all {@code [windows, draws, context]}; written, with 0 where none counts
   */
  public void split(int[] drawn, int draw, int[][][] all) {
    for (int sequence = 0; sequence < sequences; sequence++) {
      int from = sequence * length;
      all[first + sequence][draw] =
          Arrays.stream(drawn, from, from + length).map(each -> Math.max(0, each)).toArray();
    }
  }

  /** Index of each token in its window, plus an offset. */
  public int[] positions(int offset) {
    int[] positions = new int[ids.length];
    Arrays.setAll(positions, token -> token % length + offset);
    return positions;
  }

  /** What each token's loss counts so that each example's loss is a mean, times a factor. */
  public double[] meanWeights(double factor) {
    double[] weights = new double[ids.length];
    for (int sequence = 0; sequence < sequences; sequence++) {
      int from = sequence * length;
      Arrays.fill(weights, from, from + length, factor / counted(from));
    }
    return weights;
  }

  /** How many tokens of an example count. */
  private int counted(int from) {
    return (int) Arrays.stream(targets, from, from + length).filter(each -> each >= 0).count();
  }

  /** Each example's mean of the losses of its tokens that count. */
  public double[] means(double[] losses) {
    double[] means = new double[sequences];
    for (int sequence = 0; sequence < sequences; sequence++) {
      int from = sequence * length;
      for (int token = from; token < from + length; token++) {
        means[sequence] += counts(token) ? losses[token] : 0;
      }
      means[sequence] /= counted(from);
    }
    return means;
  }

  /** Where a row of an activation comes from, for messages. */
  String describe(long row) {
    return "token %d of window %d".formatted(row % length, first + row / length);
  }
}
