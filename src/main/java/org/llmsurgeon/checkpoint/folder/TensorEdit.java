package org.llmsurgeon.checkpoint.folder;

import java.util.Map;
import java.util.TreeMap;

/** What becomes of a tensor of a folder in an edited copy of it. */
public sealed interface TensorEdit {
  /** It is left out. */
  record Dropped() implements TensorEdit {}

  /**
   * Some of its rows and columns stay, byte for byte.
   *
   * @param rows which rows, ascending; null for all, and for a tensor of one dimension
   * @param columns which columns, or elements of a tensor of one dimension, ascending; null for all
   * @param indices vectors of whole numbers that are stored after it, I32, by their names
   */
  record Cut(int[] rows, int[] columns, Map<String, int[]> indices) implements TensorEdit {
    /** Sorts the vectors by their names. */
    public Cut {
      indices = new TreeMap<>(indices);
    }

    /** A cut with nothing stored beside it. */
    public Cut(int[] rows, int[] columns) {
      this(rows, columns, Map.of());
    }
  }

  /**
   * It has other values, each rounded once to its dtype.
   *
   * @param values as many as it has elements, row by row
   */
  record Replaced(double[] values) implements TensorEdit {}
}
