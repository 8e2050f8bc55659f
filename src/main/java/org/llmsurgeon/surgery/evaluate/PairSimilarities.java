package org.llmsurgeon.surgery.evaluate;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** How alike texts are by their embeddings, and whether two models agree on it. */
final class PairSimilarities {
  /** Texts whose pairs are looked at, at most: half a million pairs. */
  private static final int MOST = 1000;

  private PairSimilarities() {}

  /** Cosine of the angle between two vectors. */
  static double cosine(double[] a, double[] b) {
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      ofA += a[i] * a[i];
      ofB += b[i] * b[i];
    }
    return product / Math.sqrt(ofA * ofB);
  }

  /**
   * Spearman's rank correlation of the cosines of all pairs of texts.
   *
   * @param a embeddings of one model
   * @param b of another, of the same texts
   * @return from -1 to 1; 1 where there are fewer than three texts
   */
  static double spearman(List<double[]> a, List<double[]> b) {
    if (a.size() < 3) {
      return 1;
    }
    return correlation(ranks(cosines(a)), ranks(cosines(b)));
  }

  private static double[] cosines(List<double[]> embeddings) {
    int texts = Math.min(MOST, embeddings.size());
    double[] cosines = new double[texts * (texts - 1) / 2];
    int at = 0;
    for (int i = 0; i < texts; i++) {
      for (int j = 0; j < i; j++) {
        cosines[at++] = cosine(embeddings.get(i), embeddings.get(j));
      }
    }
    return cosines;
  }

  /** Ranks from 1; equal values share the mean of theirs. */
  static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from + 1;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }

  private static double correlation(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElse(0);
    double meanY = Arrays.stream(y).average().orElse(0);
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += (x[i] - meanX) * (y[i] - meanY);
      xx += (x[i] - meanX) * (x[i] - meanX);
      yy += (y[i] - meanY) * (y[i] - meanY);
    }
    return xx == 0 || yy == 0 ? 0 : xy / Math.sqrt(xx * yy);
  }
}
