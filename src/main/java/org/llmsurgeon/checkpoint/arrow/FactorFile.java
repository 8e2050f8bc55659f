package org.llmsurgeon.checkpoint.arrow;

import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * A symmetric factor as an Arrow IPC file, uncompressed: one row of the column {@code row} per row
 * of the matrix, a list of {@code n} floats; the schema's text pairs are the {@link
 * FactorDescription}. Batches hold at most 64 MiB, so that matrices beyond 2 GiB pass through small
 * memory.
 */
public final class FactorFile implements AutoCloseable {
  static final String COLUMN = "row";

  /** The type of all elements. */
  public static final ArrowType FLOAT32 =
      new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);

  private static final int PANEL = 1 << 20;

  private final String path;
  private final ArrowListFile file;
  private final FactorDescription description;
  private boolean read;

  private FactorFile(String path, ArrowListFile file) {
    this.path = path;
    this.file = file;
    this.description = FactorDescription.of(file.metadata(), path);
  }

  /**
   * Opens a factor file and reads its description.
   *
   * @param storage where it is
   * @param path the file
   * @throws org.llmsurgeon.InputException naming the file if it is malformed or no factor file
   */
  public static FactorFile open(Storage storage, String path) {
    ArrowListFile lists = ArrowListFile.ofFloats(storage, path, COLUMN);
    try {
      FactorFile factor = new FactorFile(path, lists);
      if (lists.fixedWidth() != factor.description.size()) {
        throw lists.refuse(
            "has rows of %d numbers and says it has a matrix of size %d"
                .formatted(lists.fixedWidth(), factor.description.size()));
      }
      return factor;
    } catch (RuntimeException e) {
      lists.close();
      throw e;
    }
  }

  /** What the file says about its matrix. */
  public FactorDescription description() {
    return description;
  }

  /**
   * Reads the matrix; once per opened file.
   *
   * @param device where to
   * @param precision of the tensor; the file's numbers are single
   * @return {@code [n, n]}, finite, owned by the caller
   * @throws org.llmsurgeon.InputException naming the file if rows are missing or too many, or a
   *     number is NaN or infinite
   */
  public Tensor load(Device device, Precision precision) {
    if (read) {
      throw new IllegalStateException(path + " was read already");
    }
    read = true;
    int size = description.size();
    Tensor matrix = device.empty(precision, size, size);
    try {
      int rows = 0;
      while (file.next()) {
        if (file.rows() > size - rows) {
          throw file.refuse("has more than the " + size + " rows that it speaks of");
        }
        upload(device, matrix, rows);
        rows += file.rows();
      }
      if (rows < size) {
        throw file.refuse("has " + rows + " of the " + size + " rows that it speaks of");
      }
      return matrix;
    } catch (RuntimeException e) {
      matrix.close();
      throw e;
    }
  }

  @Override
  public void close() {
    file.close();
  }

  /** Brings the current batch to the device, in panels of a few rows. */
  private void upload(Device device, Tensor matrix, int firstRow) {
    int size = description.size();
    int panelRows = Math.max(1, Math.min(file.rows(), PANEL / size));
    float[] panel = new float[panelRows * size];
    for (int i = 0; i < file.rows(); i += panelRows) {
      int rows = Math.min(panelRows, file.rows() - i);
      for (int j = 0; j < rows; j++) {
        file.floats(i + j, panel, j * size);
      }
      for (int k = 0; k < rows * size; k++) {
        if (!Float.isFinite(panel[k])) {
          throw file.refuse(
              "holds %s at [%d, %d]".formatted(panel[k], firstRow + i + k / size, k % size));
        }
      }
      device.upload(panel, 0, matrix, (long) (firstRow + i) * size, rows * size);
    }
  }
}
