package org.llmsurgeon.jobs.option;

import java.util.List;
import java.util.Optional;

/** The word that somebody probably meant. */
public final class Spelling {
  private Spelling() {}

  /**
   * The nearest of some words, by edit distance; the first one where several are equally near.
   *
   * @param word what was written
   * @param words what could have been written
   * @return empty if none shares most of its letters with the word
   */
  public static Optional<String> nearest(String word, List<String> words) {
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String candidate : words) {
      int distance = distance(word, candidate);
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    boolean near = best != null && least <= Math.max(1, best.length() / 3);
    return near ? Optional.of(best) : Optional.empty();
  }

  /** Letters to insert, delete or replace (Levenshtein), row by row of the usual table. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
