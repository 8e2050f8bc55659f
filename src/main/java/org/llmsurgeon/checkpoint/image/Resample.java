package org.llmsurgeon.checkpoint.image;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * How an image gets another size, by the numbers that Pillow gives the ways. All but the nearest
 * neighbour widen their filter where the image shrinks, so that every pixel counts, and go first
 * along the rows and then along the columns, with weights of 22 bits and a rounding to 8 bits after
 * each, as {@code Image.resize} of Pillow does: so pixels are the same as its. (Pillow 13 goes
 * first along the columns for some sizes, which moves levels of noise by up to 9, of Lanczos 25.)
 */
enum Resample {
  /** The pixel that is nearest. */
  NEAREST(0, 0, x -> 0),
  /** Sinc under a wide sinc. */
  LANCZOS(1, 3, x -> x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
  /** A triangle. */
  BILINEAR(2, 1, x -> Math.max(0, 1 - Math.abs(x))),
  /** Cubic convolution with a = -1/2 (Keys 1981). */
  BICUBIC(3, 2, Resample::cubic),
  /** Means. */
  BOX(4, 0.5, x -> x > -0.5 && x <= 0.5 ? 1 : 0),
  /** Sinc under a Hamming window. */
  HAMMING(5, 1, Resample::hamming);

  private static final int BITS = 22;
  private static final double A = -0.5;

  private final int number;
  private final double support;
  private final DoubleUnaryOperator filter;

  Resample(int number, double support, DoubleUnaryOperator filter) {
    this.number = number;
    this.support = support;
    this.filter = filter;
  }

  /**
   * The way of a number.
   *
   * @param number as Pillow counts
   * @return null for none
   */
  static Resample of(int number) {
    return Arrays.stream(values()).filter(each -> each.number == number).findFirst().orElse(null);
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  private static double cubic(double at) {
    double x = Math.abs(at);
    if (x < 1) {
      return ((A + 2) * x - (A + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
  }

  private static double hamming(double at) {
    double x = Math.abs(at);
    return x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x));
  }

  /**
   * An image in another size.
   *
   * @param from the image
   * @param width of the result
   * @param height of the result
   */
  Picture resize(Picture from, int width, int height) {
    Picture wide = from;
    if (width != from.width()) {
      wide = Picture.empty(width, from.height(), from.channels());
      Weights weights = weights(from.width(), width);
      for (int y = 0; y < from.height(); y++) {
        for (int x = 0; x < width; x++) {
          for (int channel = 0; channel < from.channels(); channel++) {
            long sum = 1L << BITS - 1;
            for (int i = 0; i < weights.of[x].length; i++) {
              sum += (long) weights.of[x][i] * from.level(weights.first[x] + i, y, channel);
            }
            wide.set(x, y, channel, clip(sum));
          }
        }
      }
    }
    return height == from.height() ? wide : tall(wide, height);
  }

  private Picture tall(Picture from, int height) {
    Picture tall = Picture.empty(from.width(), height, from.channels());
    Weights weights = weights(from.height(), height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < from.width(); x++) {
        for (int channel = 0; channel < from.channels(); channel++) {
          long sum = 1L << BITS - 1;
          for (int i = 0; i < weights.of[y].length; i++) {
            sum += (long) weights.of[y][i] * from.level(x, weights.first[y] + i, channel);
          }
          tall.set(x, y, channel, clip(sum));
        }
      }
    }
    return tall;
  }

  private static int clip(long sum) {
    return (int) Math.min(255, Math.max(0, sum >> BITS));
  }

  /**
   * What each pixel of a result is made of.
   *
   * @param first pixel that counts
   * @param of weights from it on
   */
  private record Weights(int[] first, int[][] of) {}

  private Weights weights(int before, int after) {
    double scale = (double) before / after;
    Weights weights = new Weights(new int[after], new int[after][]);
    double stretch = Math.max(1, scale);
    double reach = support * stretch;
    for (int i = 0; i < after; i++) {
      double center = (i + 0.5) * scale;
      if (this == NEAREST) {
        weights.first[i] = Math.min(before - 1, (int) center);
        weights.of[i] = new int[] {1 << BITS};
        continue;
      }
      int first = Math.max(0, (int) (center - reach + 0.5));
      int end = Math.min(before, (int) (center + reach + 0.5));
      weights.first[i] = first;
      weights.of[i] = rounded(center, first, end, stretch);
    }
    return weights;
  }

  private int[] rounded(double center, int first, int end, double stretch) {
    double[] exact = new double[end - first];
    double sum = 0;
    for (int i = 0; i < exact.length; i++) {
      exact[i] = filter.applyAsDouble((i + first - center + 0.5) * (1 / stretch));
      sum += exact[i];
    }
    int[] rounded = new int[exact.length];
    for (int i = 0; i < exact.length; i++) {
      double weight = exact[i] / (sum == 0 ? 1 : sum) * (1 << BITS);
      rounded[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    return rounded;
  }
}
