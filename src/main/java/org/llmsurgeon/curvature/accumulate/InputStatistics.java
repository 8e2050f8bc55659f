package org.llmsurgeon.curvature.accumulate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;

/**
 * What a layer's inputs are like, one by one, while it is gathered: sums over tokens of each input,
 * of its square, and of how active its member is, where members are consecutive inputs as the
 * dimensions of a head, or single ones as the neurons of an MLP. Per window {@code w} with tokens
 * {@code t}, and of input {@code j} in member {@code m}:
 *
 * <pre>
 * MEAN:      sum_t x_tj
 * SQUARE:    sum_t x_tj^2
 * ACTIVITY:  sum_w (mean_t |x_tm|_2)^2, the same for all inputs of a member
 * </pre>
 *
 * <p>All in double, tokens in their order, on the host: no operation of a device takes the root
 * that the activity needs of each token, and only baselines of a comparison ask for it.
 */
public final class InputStatistics {
  /** Row of the sums of inputs. */
  public static final int MEAN = 0;

  /** Row of the sums of squares. */
  public static final int SQUARE = 1;

  /** Row of the activity. */
  public static final int ACTIVITY = 2;

  /** Number of rows. */
  public static final int ROWS = 3;

  private final int width;
  private final int member;
  private final double[] sums;

  /**
   * An empty sum.
   *
   * @param width inputs
   * @param member consecutive inputs of a member; divides the width
   */
  public InputStatistics(int width, int member) {
    if (member < 1 || width % member != 0) {
      throw new IllegalArgumentException(width + " inputs in members of " + member);
    }
    this.width = width;
    this.member = member;
    this.sums = new double[ROWS * width];
  }

  /** The sums, {@code [3, width]} row by row; this object's own memory, not a copy. */
  public double[] sums() {
    return sums;
  }

  /**
   * Adds a window.
   *
   * @param device where the tokens are
   * @param x {@code [tokens, width]}
   * @param from first token of the window
   * @param to token after its last
   */
  public void add(Device device, Tensor x, int from, int to) {
    if (x.columns() != width || from >= to) {
      throw new IllegalArgumentException(
          "tokens " + from + " to " + to + " of width " + x.columns() + " for " + width);
    }
    double[] norms = new double[width / member];
    double[] token = new double[width];
    Rows tokens = Rows.of(device, x.rowRange(from, to));
    for (int t = from; t < to; t++) {
      tokens.read(t - from, token);
      for (int first = 0; first < width; first += member) {
        double square = 0;
        for (int j = first; j < first + member; j++) {
          sums[MEAN * width + j] += token[j];
          sums[SQUARE * width + j] += token[j] * token[j];
          square += token[j] * token[j];
        }
        norms[first / member] += Math.sqrt(square);
      }
    }
    for (int j = 0; j < width; j++) {
      double mean = norms[j / member] / (to - from);
      sums[ACTIVITY * width + j] += mean * mean;
    }
  }

  /** The sums as a row of single-precision numbers; the caller owns it. */
  public Tensor rounded(Device device) {
    return device.tensor(Precision.SINGLE, 1, sums.length, sums);
  }
}
