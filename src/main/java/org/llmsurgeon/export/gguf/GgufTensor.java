package org.llmsurgeon.export.gguf;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A tensor of a GGUF file and where its rows come from.
 *
 * @param name in the file
 * @param type how its numbers are held
 * @param vector whether it has one dimension
 * @param rows which row of the source each of its rows is; of a vector, which element each of its
 *     elements is
 * @param columns elements of a row; 1 for a vector's elements
 * @param source the checkpoint's tensor, or null
 * @param values the row that all rows are, or the elements of a vector, where there is no source
 */
record GgufTensor(
    String name,
    GgufType type,
    boolean vector,
    int[] rows,
    int columns,
    String source,
    float[] values) {
  /** A matrix whose rows are those of a checkpoint's tensor in some order. */
  static GgufTensor matrix(String name, GgufType type, int[] rows, int columns, String source) {
    return new GgufTensor(name, type.fitting(columns), false, rows, columns, source, null);
  }

  /** A matrix of zeros. */
  static GgufTensor zeros(String name, GgufType type, int rows, int columns) {
    return new GgufTensor(
        name, type.fitting(columns), false, new int[rows], columns, null, new float[columns]);
  }

  /** A vector of a checkpoint; in single precision, as all vectors are. */
  static GgufTensor vector(String name, int length, String source) {
    return vector(name, null, length, source);
  }

  /**
   * A vector whose elements are those of a checkpoint's in some order.
   *
   * @param order null for as they are
   */
  static GgufTensor vector(String name, int[] order, int length, String source) {
    int[] elements = order == null ? IntStream.range(0, length).toArray() : order;
    return new GgufTensor(name, GgufType.F32, true, elements, 1, source, null);
  }

  /** A vector of given values. */
  static GgufTensor vector(String name, float[] values) {
    return new GgufTensor(name, GgufType.F32, true, new int[values.length], 1, null, values);
  }

  /** A vector of one value. */
  static GgufTensor constant(String name, int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return vector(name, values);
  }

  /** Its dimensions, the elements of a row first. */
  long[] dimensions() {
    return vector ? new long[] {rows.length} : new long[] {columns, rows.length};
  }

  /** Bytes of its data, without the padding after it. */
  long bytes() {
    return (long) rows.length * type.bytes(columns);
  }
}
