package org.llmsurgeon.checkpoint.safetensors;

import java.util.Arrays;
import java.util.Objects;

/**
 * Where a tensor lies in a safetensors file.
 *
 * @param name as in the checkpoint
 * @param dtype number format
 * @param shape sizes of the dimensions, outermost first; empty for a single number
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last, counted likewise
 */
public record TensorEntry(String name, DataType dtype, long[] shape, long begin, long end) {
  /** Copies the shape, so that the entry cannot change. */
  public TensorEntry {
    shape = shape.clone();
  }

  /** A copy of the sizes. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** Bytes of the tensor. */
  public long bytes() {
    return end - begin;
  }

  /** Number of elements. */
  public long elements() {
    long product = 1;
    for (long each : shape) {
      product *= each;
    }
    return product;
  }

  /** The same bytes as a matrix whose columns are the last dimension. */
  TensorEntry lines() {
    long last = shape.length == 0 ? 1 : shape[shape.length - 1];
    long[] matrix = {last == 0 ? 0 : elements() / last, last};
    return new TensorEntry(name, dtype, matrix, begin, end);
  }

  /** The first dimension; 1 where there is at most one. */
  public long rows() {
    return shape.length > 1 ? shape[0] : 1;
  }

  /** Product of all dimensions but the first; the only one where there is one. */
  public long columns() {
    if (shape.length <= 1) {
      return elements();
    }
    long product = 1;
    for (int i = 1; i < shape.length; i++) {
      product *= shape[i];
    }
    return product;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorEntry entry
        && name.equals(entry.name)
        && dtype == entry.dtype
        && Arrays.equals(shape, entry.shape)
        && begin == entry.begin
        && end == entry.end;
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, dtype, Arrays.hashCode(shape), begin, end);
  }

  @Override
  public String toString() {
    return name + " " + dtype + " " + Arrays.toString(shape) + " at " + begin;
  }
}
