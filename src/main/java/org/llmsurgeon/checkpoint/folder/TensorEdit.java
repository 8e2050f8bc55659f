package org.llmsurgeon.checkpoint.folder;

import java.util.List;
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
   * It has another name.
   *
   * @param name the new one, which no tensor that stays has
   * @param cut what stays of it besides; null for all
   */
  record Renamed(String name, Cut cut) implements TensorEdit {}

  /**
   * It becomes several.
   *
   * @param parts in the order in which they are written
   */
  record Parted(List<Part> parts) implements TensorEdit {
    /** Copies the list. */
    public Parted {
      parts = List.copyOf(parts);
    }
  }

  /**
   * A matrix that some rows and columns of a tensor become, byte for byte.
   *
   * @param name its name, which no tensor that stays has
   * @param rows which rows, ascending; of a tensor of three dimensions the first two count as one
   * @param columns which columns, ascending
   */
  record Part(String name, int[] rows, int[] columns) {}

  /** What stays of it; null for all. */
  static Cut cut(TensorEdit edit) {
    return edit instanceof Renamed renamed ? renamed.cut() : edit instanceof Cut cut ? cut : null;
  }

  /**
   * It has other values, each rounded once to its dtype.
   *
   * @param values as many as it has elements, row by row
   */
  record Replaced(double[] values) implements TensorEdit {}
}
