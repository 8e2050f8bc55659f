package org.llmsurgeon.compute;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where tensors live and arithmetic is done. Everything above this package is written once, against
 * this interface. Several threads may use one device as long as none writes a tensor that another
 * uses. Results do not depend on what ran before or beside: the same call on the same values gives
 * the same bits.
 *
 * <p>Calls with shapes that do not fit throw {@link IllegalArgumentException} naming the shapes.
 */
public interface Device extends LinearAlgebra, NetworkKernels, AutoCloseable {
  /** Short name for logs and reports, for example {@code cpu}. */
  String name();

  /** What it is, for people: the name of a card. */
  default String description() {
    return "processor";
  }

  /** Bytes of its own memory; empty where tensors live in that of the process. */
  default OptionalLong ownMemory() {
    return OptionalLong.empty();
  }

  /** The ways in which it can multiply single-precision matrices, the one it uses first. */
  default List<ProductPrecision> products() {
    return List.of(ProductPrecision.FLOAT32);
  }

  /**
   * This device with other products: the same memory and tensors. Closing it does nothing; it is of
   * no use once this device is closed.
   *
   * @param products one of {@link #products}; a device that has but one way stays as it is
   */
  default Device multiplyingIn(ProductPrecision products) {
    return this;
  }

  /** What the tensors of this device take; empty where nobody counts. */
  default Optional<TensorMemory> memory() {
    return Optional.empty();
  }

  /**
   * A new tensor full of zeros.
   *
   * @param precision number format
   * @param rows rows
   * @param columns columns
   */
  Tensor zeros(Precision precision, int rows, int columns);

  /**
   * A new tensor whose contents are undefined.
   *
   * @param precision number format
   * @param rows rows
   * @param columns columns
   */
  Tensor empty(Precision precision, int rows, int columns);

  /**
   * A single-precision tensor over little-endian floats in direct memory, without a copy where the
   * device can (else with one). The buffer must stay reachable and, where it is shared, unchanged
   * while the tensor is used; a read-only buffer gives a tensor that must not be written.
   *
   * @param floats at least {@code 4 * rows * columns} bytes from its position on, aligned to 4
   * @param rows rows
   * @param columns columns
   * @param release run once when the buffer is no longer needed: where it is shared when the tensor
   *     is closed, else at once; not where this fails
   */
  Tensor wrap(ByteBuffer floats, int rows, int columns, Runnable release);

  /**
   * Writes elements into a tensor, converting to its precision.
   *
   * @param values source
   * @param offset first element of {@code values}
   * @param target tensor to write
   * @param at first element of the tensor, in row-major order
   * @param count how many
   */
  void upload(float[] values, int offset, Tensor target, long at, int count);

  /** As {@link #upload(float[], int, Tensor, long, int)}, from doubles. */
  void upload(double[] values, int offset, Tensor target, long at, int count);

  /**
   * Reads elements of a tensor, converting to float.
   *
   * @param source tensor to read
   * @param at first element of the tensor, in row-major order
   * @param values target
   * @param offset first element of {@code values}
   * @param count how many
   */
  void download(Tensor source, long at, float[] values, int offset, int count);

  /** As {@link #download(Tensor, long, float[], int, int)}, into doubles. */
  void download(Tensor source, long at, double[] values, int offset, int count);

  /**
   * Copies a whole tensor into another of the same shape; precisions may differ (rounding to
   * nearest).
   *
   * @param from source
   * @param to target
   */
  void copy(Tensor from, Tensor to);

  /**
   * Writes bfloat16 numbers as they are stored into a tensor; a device may widen them where it
   * keeps them.
   *
   * @param values little-endian, from the buffer's position to its limit; read to the end
   * @param target single precision
   * @param at first element of the target
   */
  default void uploadBfloat16(ByteBuffer values, Tensor target, long at) {
    float[] wide = new float[values.remaining() / Short.BYTES];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = Float.intBitsToFloat(values.getShort() << Short.SIZE);
    }
    upload(wide, 0, target, at, wide.length);
  }

  /** Checks of many tensors; the caller closes them. */
  default FiniteChecks finiteChecks() {
    return new PromptChecks(this);
  }

  /**
   * One step of Adam, in double whatever the tensors are.
   *
   * @param step the numbers that are the same for all elements
   * @param tensors what it changes; a tensor may be of either precision
   */
  default void adam(AdamStep step, AdamStep.Tensors tensors) {
    step.on(this, tensors);
  }

  /**
   * A new tensor {@code [rows, columns]} with these values.
   *
   * @param precision number format
   * @param rows rows
   * @param columns columns
   * @param values {@code rows * columns} of them, row by row
   */
  default Tensor tensor(Precision precision, int rows, int columns, double... values) {
    if (values.length != (long) rows * columns) {
      throw new IllegalArgumentException(
          values.length + " values for [" + rows + ", " + columns + "]");
    }
    Tensor tensor = empty(precision, rows, columns);
    upload(values, 0, tensor, 0, values.length);
    return tensor;
  }

  /**
   * All elements of a tensor, row by row, as doubles.
   *
   * @param source any tensor of at most 2^31 - 1 elements
   */
  default double[] values(Tensor source) {
    double[] values = new double[Math.toIntExact(source.size())];
    download(source, 0, values, 0, values.length);
    return values;
  }

  /**
   * Draws a column of each row with the probabilities of its softmax: the first one up to which
   * they sum to more than a given number; the last one where they are not finite.
   *
   * @param logits {@code [rows, columns]}
   * @param uniforms a number in {@code [0, 1)} for each row; below 0 for a row that is left out
   * @param drawn {@code [rows, 1]} of double precision, written; -1 for rows that are left out
   */
  default void sample(Tensor logits, double[] uniforms, Tensor drawn) {
    ShapeChecks.length("uniforms", uniforms.length, logits.rows());
    ShapeChecks.perRow("drawn", drawn, logits);
    double[] row = new double[logits.columns()];
    double[] columns = new double[uniforms.length];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = -1;
      if (uniforms[i] >= 0) {
        download(logits, (long) i * row.length, row, 0, row.length);
        columns[i] = Softmax.first(row, uniforms[i]);
      }
    }
    upload(columns, 0, drawn, 0, columns.length);
  }

  /**
   * As {@link #rowDots(Tensor, Tensor, Tensor)}, for somebody who waits for them.
   *
   * @param x {@code [m, n]}
   * @param y {@code [m, n]}; may be {@code x}
   * @return {@code [m]}
   */
  default double[] rowDots(Tensor x, Tensor y) {
    try (Tensor dots = empty(Precision.DOUBLE, x.rows(), 1)) {
      rowDots(x, y, dots);
      return values(dots);
    }
  }

  /** Waits until everything asked for is done, where calls may return before. */
  default void synchronize() {}

  @Override
  void close();
}
