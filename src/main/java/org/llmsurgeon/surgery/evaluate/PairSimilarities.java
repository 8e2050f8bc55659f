package org.llmsurgeon.surgery.evaluate;

import java.util.List;

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
    return Correlation.spearman(cosines(a), cosines(b));
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
}
