package org.llmsurgeon.checkpoint.arrow;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.IntToDoubleFunction;
import org.llmsurgeon.checkpoint.storage.Storage;

/**
 * Writes a factor file panel by panel, from the first row to the last. Memory is bounded by one
 * batch of at most 64 MiB.
 *
 * <p>A failed write leaves a half file that no reader accepts. Write under a name that nobody
 * reads, and publish it when {@link #close} has returned.
 */
public final class FactorFileWriter implements Closeable {
  private final String path;
  private final FactorDescription description;
  private final ArrowListWriter writer;
  private int rows;
  private boolean failed;
  private boolean closed;

  /**
   * Creates the file.
   *
   * @param storage where to
   * @param path a file that does not exist
   * @param description of the matrix
   */
  public FactorFileWriter(Storage storage, String path, FactorDescription description) {
    this.path = path;
    this.description = description;
    int size = description.size();
    try {
      this.writer =
          new ArrowListWriter(
              new ArrowListWriter.Format(
                  FactorFile.COLUMN, FactorFile.FLOAT32, size, size, description.metadata()),
              storage.create(path));
    } catch (IOException e) {
      throw new UncheckedIOException(path + " could not be written", e);
    }
  }

  /**
   * Appends rows.
   *
   * @param values whole rows, {@code n} numbers each, one after the other; finite
   * @param count how many rows
   * @throws ArithmeticException naming layer, factor and place if a number is NaN or infinite
   */
  public void write(float[] values, int count) {
    append(values.length, count, index -> values[index]);
  }

  /**
   * Appends rows, each number rounded to single precision.
   *
   * @param values whole rows, {@code n} numbers each, one after the other; finite and in the range
   *     of a float
   * @param count how many rows
   * @throws ArithmeticException naming layer, factor and place if a number is not
   */
  public void write(double[] values, int count) {
    append(values.length, count, index -> values[index]);
  }

  /**
   * Completes the file.
   *
   * @throws IllegalStateException if rows are missing: the file is unusable
   */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    boolean complete = !failed && rows == description.size();
    try (writer) {
      if (complete) {
        writer.finish();
      }
    }
    if (!complete && !failed) {
      throw new IllegalStateException(
          path + " was closed after " + rows + " of " + description.size() + " rows");
    }
  }

  private void append(int numbers, int count, IntToDoubleFunction values) {
    if (failed) {
      throw new IllegalStateException(path + " is unusable after a failed write");
    }
    int size = description.size();
    if (count < 0 || numbers < (long) count * size || count > size - rows) {
      throw new IllegalArgumentException(
          "%d rows of %d numbers after %d, given as %d numbers"
              .formatted(count, size, rows, numbers));
    }
    failed = true;
    float[] row = new float[size];
    try {
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < size; j++) {
          row[j] = finite(values.applyAsDouble(i * size + j), j);
        }
        writer.append(row, 0);
        rows++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(path + " could not be written", e);
    }
    failed = false;
  }

  private float finite(double value, int column) {
    float stored = (float) value;
    if (!Float.isFinite(stored)) {
      throw new ArithmeticException(
          "factor %s of %s holds %s at [%d, %d]"
              .formatted(description.kind(), description.layer(), value, rows, column));
    }
    return stored;
  }
}
