package org.llmsurgeon.compute;

/**
 * Refusals of calls whose tensors do not fit. Each method throws {@link IllegalArgumentException}
 * naming the shapes.
 */
public final class ShapeChecks {
  private ShapeChecks() {}

  /** The tensor must be {@code [rows, columns]}. */
  public static void shape(String name, Tensor tensor, int rows, int columns) {
    if (tensor.rows() != rows || tensor.columns() != columns) {
      throw new IllegalArgumentException(
          name + " is " + describe(tensor) + " but must be [" + rows + ", " + columns + "]");
    }
  }

  /** The tensor must have a number of double precision for each row of another. */
  public static void perRow(String name, Tensor tensor, Tensor other) {
    shape(name, tensor, other.rows(), 1);
    if (tensor.precision() != Precision.DOUBLE) {
      throw new IllegalArgumentException(name + " is " + describe(tensor) + " but must be double");
    }
  }

  /** Both tensors must have the same rows and columns. */
  public static void sameShape(String nameX, Tensor x, String nameY, Tensor y) {
    if (x.rows() != y.rows() || x.columns() != y.columns()) {
      throw new IllegalArgumentException(
          nameX + " " + describe(x) + " and " + nameY + " " + describe(y) + " differ in shape");
    }
  }

  /** The tensor must have as many rows as columns. */
  public static void square(String name, Tensor tensor) {
    if (tensor.rows() != tensor.columns()) {
      throw new IllegalArgumentException(name + " is " + describe(tensor) + " but must be square");
    }
  }

  /** The tensor must be {@code [1, n (n + 1) / 2]}. */
  public static void packed(String name, Tensor tensor, int n) {
    long size = (long) n * (n + 1L) / 2;
    if (tensor.rows() != 1 || tensor.columns() != size) {
      throw new IllegalArgumentException(
          name
              + " is "
              + describe(tensor)
              + " but a packed triangle of order "
              + n
              + " is [1, "
              + size
              + "]");
    }
  }

  /** All tensors must have the precision of the first; nulls are passed over. */
  public static void samePrecision(Tensor first, Tensor... others) {
    for (Tensor other : others) {
      if (other != null && other.precision() != first.precision()) {
        throw new IllegalArgumentException(
            "Tensors of different precision: " + describe(first) + " and " + describe(other));
      }
    }
  }

  /** An array that goes with the rows or columns of a tensor must have {@code expected} entries. */
  public static void length(String name, int length, int expected) {
    if (length != expected) {
      throw new IllegalArgumentException(
          name + " has " + length + " entries but must have " + expected);
    }
  }

  /** Every index must be in {@code [lowest, bound)}. */
  public static void indices(String name, int[] indices, int lowest, int bound) {
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < lowest || indices[i] >= bound) {
        throw new IllegalArgumentException(
            name
                + "["
                + i
                + "] is "
                + indices[i]
                + " but must be in ["
                + lowest
                + ", "
                + bound
                + ")");
      }
    }
  }

  /** {@code count} entries from {@code first} on must lie within {@code size}. */
  public static void range(String name, long first, long count, long size) {
    if (first < 0 || count < 0 || first > size - count) {
      throw new IllegalArgumentException(
          count + " entries from " + first + " on do not lie within the " + size + " of " + name);
    }
  }

  /** The product of two operands must be defined, and of the shape and precision of a tensor. */
  public static void product(Operand a, Operand b, Tensor c) {
    if (b.effectiveRows() != a.effectiveColumns()) {
      throw new IllegalArgumentException(
          "Product of [%d, %d] and [%d, %d] is not defined"
              .formatted(
                  a.effectiveRows(),
                  a.effectiveColumns(),
                  b.effectiveRows(),
                  b.effectiveColumns()));
    }
    shape("c", c, a.effectiveRows(), b.effectiveColumns());
    samePrecision(c, a.tensor(), b.tensor());
  }

  /** A part must be what the indices, or null for all, pick out of the whole. */
  public static void selection(Tensor whole, int[] rows, int[] columns, Tensor part) {
    samePrecision(whole, part);
    int height = rows == null ? whole.rows() : rows.length;
    int width = columns == null ? whole.columns() : columns.length;
    shape("what the indices pick", part, height, width);
    if (rows != null) {
      indices("rows", rows, 0, whole.rows());
    }
    if (columns != null) {
      indices("columns", columns, 0, whole.columns());
    }
  }

  /** {@code from} to {@code to} must be a range of the rows of a tensor. */
  public static void rowRange(Tensor tensor, int from, int to) {
    if (from < 0 || to < from || to > tensor.rows()) {
      throw new IllegalArgumentException(
          "Rows " + from + " to " + to + " are not a range of the rows of " + describe(tensor));
    }
  }

  /** A view of the tensor as {@code [rows, columns]} must have its number of elements. */
  public static void reshape(Tensor tensor, int rows, int columns) {
    if (rows < 0 || columns < 0 || (long) rows * columns != tensor.size()) {
      throw new IllegalArgumentException(
          describe(tensor) + " cannot be seen as [" + rows + ", " + columns + "]");
    }
  }

  /** Sizes of an attention must be whole: heads shared evenly, nothing negative. */
  public static void attention(AttentionShape shape) {
    boolean counts = shape.sequences() >= 0 && shape.length() >= 0 && shape.headDimension() >= 0;
    boolean heads = shape.keyValueHeads() > 0 && shape.heads() > 0;
    counts &= shape.reach().window() >= 0 && shape.softCap() >= 0;
    if (!counts || !heads || shape.heads() % shape.keyValueHeads() != 0) {
      throw new IllegalArgumentException("Sizes of an attention do not fit: " + shape);
    }
  }

  /** Queries, keys and values, or their gradients, must have the sizes of the attention. */
  public static void attentionInputs(AttentionShape shape, AttentionInputs inputs) {
    int tokens = Math.multiplyExact(shape.sequences(), shape.length());
    int keyValueWidth = shape.keyValueHeads() * shape.headDimension();
    shape("queries", inputs.queries(), tokens, shape.heads() * shape.headDimension());
    shape("keys", inputs.keys(), tokens, keyValueWidth);
    shape("values", inputs.values(), tokens, keyValueWidth);
  }

  /** The weights of a norm must be {@code [1, width]}; the root mean square has no bias. */
  public static void norm(Norm norm, int width) {
    shape("gain", norm.gain(), 1, width);
    if (norm.bias() == null) {
      return;
    }
    if (norm.kind() == Norm.Kind.RMS) {
      throw new IllegalArgumentException("A root-mean-square norm has no bias");
    }
    shape("bias", norm.bias(), 1, width);
  }

  /** Rotary tables must fit each other, the heads of {@code x} and the sequence length. */
  public static void rotary(Rotary rotary, Tensor x) {
    sameShape("cosine", rotary.cosine(), "sine", rotary.sine());
    int length = rotary.sequenceLength();
    if (length < 1 || length > rotary.cosine().rows()) {
      throw new IllegalArgumentException(
          "A sequence of "
              + length
              + " tokens does not fit rotary tables "
              + describe(rotary.cosine()));
    }
    int headDimension = rotary.headDimension();
    if (headDimension < 2 * rotary.cosine().columns()) {
      throw new IllegalArgumentException(
          "Rotary tables %s are too wide for heads of %d dimensions"
              .formatted(describe(rotary.cosine()), headDimension));
    }
    if (headDimension == 0 || x.columns() % headDimension != 0) {
      throw new IllegalArgumentException(
          describe(x) + " does not consist of heads of " + headDimension + " dimensions");
    }
  }

  /** Shape and precision of a tensor, for messages. */
  public static String describe(Tensor tensor) {
    return "[" + tensor.rows() + ", " + tensor.columns() + "] " + tensor.precision();
  }
}
