package org.llmsurgeon.surgery.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.Objective;

/**
 * How well a model does what it is to do: what is measured of each window, anywhere, and what all
 * of that comes to.
 *
 * @param perplexity {@code exp} of the mean of the windows' losses
 * @param scores what else is to be said: {@code accuracy} and {@code f1} of labels; {@code mse},
 *     {@code pearson} and {@code spearman} of numbers, and of pairs of texts; {@code spearman} of
 *     embeddings; none of tokens
 */
public record Measure(double perplexity, Map<String, Double> scores) {
  /** Counts of a label: said rightly, said wrongly, not said though it was right. */
  private static final int COUNTS = 3;

  /**
   * What is measured of some windows.
   *
   * @param model the model
   * @param windows at least 2 tokens each
   * @return for each window: its loss; of labels, three counts of each label behind it; of numbers,
   *     what is said and what is right; of embeddings, the embedding instead, of pairs both and
   *     then how alike they are
   */
  public static double[][] of(LanguageModel model, int[][] windows) {
    Objective objective = model.config().objective();
    if (objective.output() == Objective.Output.VECTOR) {
      return objective.pair(windows[0]) == null ? model.embeddings(windows) : pairs(model, windows);
    }
    double[] losses = model.losses(windows);
    double[][] all = new double[windows.length][];
    for (int window = 0; window < all.length; window++) {
      all[window] = of(model, windows[window], losses[window]);
    }
    return all;
  }

  private static double[][] pairs(LanguageModel model, int[][] windows) {
    Objective objective = model.config().objective();
    int[][] texts = new int[2 * windows.length][];
    for (int i = 0; i < windows.length; i++) {
      Objective.Pair pair = objective.pair(windows[i]);
      texts[2 * i] = pair.first();
      texts[2 * i + 1] = pair.second();
    }
    double[][] vectors = model.embeddings(texts);
    double[][] all = new double[windows.length][];
    for (int i = 0; i < all.length; i++) {
      int width = vectors[2 * i].length;
      all[i] = Arrays.copyOf(vectors[2 * i], 2 * width + 1);
      System.arraycopy(vectors[2 * i + 1], 0, all[i], width, width);
      all[i][2 * width] = objective.pair(windows[i]).alike();
    }
    return all;
  }

  private static double[] of(LanguageModel model, int[] window, double loss) {
    Objective objective = model.config().objective();
    if (objective.labels() > 0) {
      return counted(model, window, loss);
    }
    return objective.output() == Objective.Output.NUMBER
        ? numbers(model, window, loss)
        : new double[] {loss};
  }

  private static double[] numbers(LanguageModel model, int[] window, double loss) {
    Objective.Example example = model.config().objective().example(window);
    double[] said = new double[1];
    try (Tensor logits = model.logits(example)) {
      model.device().download(logits, 0, said, 0, 1);
    }
    return new double[] {loss, said[0], example.number()};
  }

  private static double[] counted(LanguageModel model, int[] window, double loss) {
    Objective objective = model.config().objective();
    Objective.Example example = objective.example(window);
    double[] counts = new double[1 + COUNTS * objective.labels()];
    counts[0] = loss;
    double[] row = new double[objective.labels()];
    try (Tensor logits = model.logits(example)) {
      for (int token = 0; token < example.ids().length; token++) {
        int right = example.targets()[token];
        if (right >= 0) {
          model.device().download(logits, (long) token * row.length, row, 0, row.length);
          int said = largest(row);
          if (said == right) {
            counts[1 + COUNTS * said]++;
          } else {
            counts[2 + COUNTS * said]++;
            counts[3 + COUNTS * right]++;
          }
        }
      }
    }
    return counts;
  }

  private static int largest(double[] row) {
    int best = 0;
    for (int i = 1; i < row.length; i++) {
      best = row[i] > row[best] ? i : best;
    }
    return best;
  }

  /**
   * What all windows come to.
   *
   * @param objective what the model is to do
   * @param windows what {@link #of} gave of each
   * @param dense what it gave of each with the model as it came; used for embeddings only
   */
  public static Measure of(Objective objective, List<double[]> windows, List<double[]> dense) {
    if (!objective.hasAnswers()) {
      double[] distances = new double[windows.size()];
      Arrays.setAll(distances, i -> 1 - PairSimilarities.cosine(windows.get(i), dense.get(i)));
      double spearman = PairSimilarities.spearman(windows, dense);
      return new Measure(objective.score(distances), Map.of("spearman", spearman));
    }
    double[] losses = windows.stream().mapToDouble(each -> each[0]).toArray();
    Map<String, Double> scores = Map.of();
    if (objective.labels() > 0) {
      scores = ofLabels(objective.labels(), windows);
    } else if (objective.output() == Objective.Output.NUMBER) {
      scores = ofNumbers(windows);
    }
    return new Measure(objective.score(losses), scores);
  }

  /**
   * What pairs of texts come to: how far the cosines of their embeddings agree with how alike they
   * are.
   *
   * @param objective embeddings
   * @param windows what {@link #of} gave of each pair
   * @param dense what it gave of each with the model as it came
   */
  public static Measure ofPairs(Objective objective, List<double[]> windows, List<double[]> dense) {
    int width = (windows.get(0).length - 1) / 2;
    double[] distances = new double[2 * windows.size()];
    double[] said = new double[windows.size()];
    double[] right = new double[windows.size()];
    for (int i = 0; i < said.length; i++) {
      double[] own = windows.get(i);
      double[] first = Arrays.copyOf(own, width);
      double[] second = Arrays.copyOfRange(own, width, 2 * width);
      said[i] = PairSimilarities.cosine(first, second);
      right[i] = own[2 * width];
      double[] before = dense.get(i);
      distances[2 * i] = 1 - PairSimilarities.cosine(first, Arrays.copyOf(before, width));
      distances[2 * i + 1] =
          1 - PairSimilarities.cosine(second, Arrays.copyOfRange(before, width, 2 * width));
    }
    Map<String, Double> scores = new TreeMap<>();
    scores.put("pearson", Correlation.pearson(said, right));
    scores.put("spearman", Correlation.spearman(said, right));
    return new Measure(objective.score(distances), scores);
  }

  private static Map<String, Double> ofNumbers(List<double[]> windows) {
    double[] said = windows.stream().mapToDouble(each -> each[1]).toArray();
    double[] right = windows.stream().mapToDouble(each -> each[2]).toArray();
    Map<String, Double> scores = new TreeMap<>();
    scores.put("mse", windows.stream().mapToDouble(each -> 2 * each[0]).average().orElseThrow());
    scores.put("pearson", Correlation.pearson(said, right));
    scores.put("spearman", Correlation.spearman(said, right));
    return scores;
  }

  /** Share of labels that are right, and the mean over the labels that occur of their F1. */
  private static Map<String, Double> ofLabels(int labels, List<double[]> windows) {
    double right = 0;
    double all = 0;
    double f1 = 0;
    int occurring = 0;
    for (int label = 0; label < labels; label++) {
      double[] counts = new double[COUNTS];
      for (double[] each : windows) {
        for (int i = 0; i < COUNTS; i++) {
          counts[i] += each[1 + COUNTS * label + i];
        }
      }
      right += counts[0];
      all += counts[0] + counts[2];
      double mentions = 2 * counts[0] + counts[1] + counts[2];
      if (mentions > 0) {
        f1 += 2 * counts[0] / mentions;
        occurring++;
      }
    }
    Map<String, Double> scores = new TreeMap<>();
    scores.put("accuracy", right / all);
    scores.put("f1", f1 / occurring);
    return scores;
  }
}
