package org.llmsurgeon.pruning.structure;

import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;

/**
 * Which single weights of a layer are removed: one bit for each, the bias column counted. Not
 * changed once it is given out.
 */
public final class ElementMask {
  /**
   * Share of a layer's weights up to which zeros are numbers like others where rows and columns are
   * cut: no run that aims at zeros leaves so few of them, while a quantised layer has one for each
   * level of its grid (4 bits: 6 to 7 %). Ours.
   */
  public static final double SCATTERED = 1.0 / 8;

  private final int rows;
  private final int columns;
  private final long[][] words;

  /**
   * Nothing removed yet.
   *
   * @param rows rows of the weight
   * @param columns columns of the weight
   */
  public ElementMask(int rows, int columns) {
    this.rows = rows;
    this.columns = columns;
    this.words = new long[rows][(columns + Long.SIZE - 1) / Long.SIZE];
  }

  /**
   * The weights that are exactly 0.
   *
   * @param device where the weight lives
   * @param weight {@code [rows, columns]}, either precision
   */
  public static ElementMask ofZeros(Device device, Tensor weight) {
    ElementMask mask = new ElementMask(weight.rows(), weight.columns());
    Rows.each(
        device,
        weight,
        (row, values) -> {
          for (int column = 0; column < values.length; column++) {
            if (values[column] == 0) {
              mask.remove(row, column);
            }
          }
        });
    return mask;
  }

  /**
   * The zeros that an update of rows and columns keeps: rows and columns of nothing else, and the
   * others where they are more than {@link #SCATTERED}.
   *
   * @param device where the weight lives
   * @param weight {@code [rows, columns]}, either precision
   */
  public static ElementMask ofPattern(Device device, Tensor weight) {
    ElementMask zeros = ofZeros(device, weight);
    Selection lines = zeros.lines();
    long inLines = lines.weights(zeros.rows, zeros.columns);
    return zeros.count() - inLines > SCATTERED * (weight.size() - inLines)
        ? zeros
        : of(lines, zeros.rows, zeros.columns);
  }

  /**
   * Whole rows and columns as single weights.
   *
   * @param selection rows and columns
   * @param rows rows of the weight
   * @param columns columns of the weight
   */
  public static ElementMask of(Selection selection, int rows, int columns) {
    selection.checkWithin(rows, columns);
    ElementMask mask = new ElementMask(rows, columns);
    for (int row : selection.rows()) {
      for (int column = 0; column < columns; column++) {
        mask.remove(row, column);
      }
    }
    for (int column : selection.columns()) {
      for (int row = 0; row < rows; row++) {
        mask.remove(row, column);
      }
    }
    return mask;
  }

  /**
   * What this mask removes or another.
   *
   * @param other of the same shape
   */
  public ElementMask or(ElementMask other) {
    checkShape(other.rows, other.columns);
    ElementMask both = new ElementMask(rows, columns);
    for (int row = 0; row < rows; row++) {
      for (int word = 0; word < words[row].length; word++) {
        both.words[row][word] = words[row][word] | other.words[row][word];
      }
    }
    return both;
  }

  /** A weight goes. */
  public void remove(int row, int column) {
    words[row][column / Long.SIZE] |= 1L << column;
  }

  /** Rows of the weight. */
  public int rows() {
    return rows;
  }

  /** Columns of the weight, the bias counted. */
  public int columns() {
    return columns;
  }

  /**
   * Whether a weight is removed.
   *
   * @param row its row
   * @param column its column
   */
  public boolean removed(int row, int column) {
    return (words[row][column / Long.SIZE] >>> column & 1) != 0;
  }

  /**
   * What is removed of a row, to be compared with other rows.
   *
   * @param row which
   */
  public LongBuffer pattern(int row) {
    return LongBuffer.wrap(words[row]).asReadOnlyBuffer();
  }

  /** Removed weights. */
  public long count() {
    long count = 0;
    for (int row = 0; row < rows; row++) {
      count += count(row);
    }
    return count;
  }

  /**
   * Removed weights of the first columns.
   *
   * @param some how many columns
   */
  public long countIn(int some) {
    long count = 0;
    for (int row = 0; row < rows; row++) {
      for (int column : removedColumns(row)) {
        count += column < some ? 1 : 0;
      }
    }
    return count;
  }

  /** How many are in rows or columns of which all are removed. */
  public long countOfLines() {
    return lines().weights(rows, columns);
  }

  private Selection lines() {
    int[] inColumn = new int[columns];
    for (int row = 0; row < rows; row++) {
      for (int column : removedColumns(row)) {
        inColumn[column]++;
      }
    }
    return new Selection(
        IntStream.range(0, rows).filter(row -> count(row) == columns).toArray(),
        IntStream.range(0, columns).filter(column -> inColumn[column] == rows).toArray());
  }

  /**
   * Removed weights of a row.
   *
   * @param row which
   */
  public int count(int row) {
    return Arrays.stream(words[row]).mapToInt(Long::bitCount).sum();
  }

  /**
   * Columns of the removed weights of a row, ascending.
   *
   * @param row which
   */
  public int[] removedColumns(int row) {
    int[] found = new int[count(row)];
    int filled = 0;
    for (int word = 0; word < words[row].length; word++) {
      for (long left = words[row][word]; left != 0; left &= left - 1) {
        found[filled++] = word * Long.SIZE + Long.numberOfTrailingZeros(left);
      }
    }
    return found;
  }

  /**
   * Whether everything that another mask removes is removed here too.
   *
   * @param earlier a mask of the same shape, as of an earlier shot
   */
  public boolean contains(ElementMask earlier) {
    checkShape(earlier.rows, earlier.columns);
    for (int row = 0; row < rows; row++) {
      for (int word = 0; word < words[row].length; word++) {
        if ((earlier.words[row][word] & ~words[row][word]) != 0) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * 1 where a weight stays, 0 where it is removed.
   *
   * @param device where the new tensor is made; the caller owns it
   * @param precision its number format
   */
  public Tensor kept(Device device, Precision precision) {
    Tensor kept = device.empty(precision, rows, columns);
    Rows.fill(
        device,
        kept,
        (row, values) -> {
          Arrays.fill(values, 1);
          for (int column : removedColumns(row)) {
            values[column] = 0;
          }
        });
    return kept;
  }

  /**
   * Sets the removed weights to 0, and not to -0.
   *
   * @param device where the weight lives
   * @param weight {@code [rows, columns]}, either precision
   */
  public void clear(Device device, Tensor weight) {
    checkShape(weight.rows(), weight.columns());
    Rows.map(
        device,
        weight,
        weight,
        (row, values) -> {
          for (int column : removedColumns(row)) {
            values[column] = 0;
          }
        });
  }

  /** The mask over some rows and columns. */
  public ElementMask over(int[] someRows, int[] someColumns) {
    ElementMask part = new ElementMask(someRows.length, someColumns.length);
    for (int i = 0; i < someRows.length; i++) {
      for (int j = 0; j < someColumns.length; j++) {
        if (removed(someRows[i], someColumns[j])) {
          part.remove(i, j);
        }
      }
    }
    return part;
  }

  /** Throws unless a weight has the shape of this mask. */
  public void checkShape(int weightRows, int weightColumns) {
    if (weightRows != rows || weightColumns != columns) {
      throw new IllegalArgumentException(
          String.format(
              "a mask [%d, %d] for a weight [%d, %d]", rows, columns, weightRows, weightColumns));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ElementMask that
        && rows == that.rows
        && columns == that.columns
        && Arrays.deepEquals(words, that.words);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * rows + columns) + Arrays.deepHashCode(words);
  }

  @Override
  public String toString() {
    return count() + " of [" + rows + ", " + columns + "] weights removed";
  }
}
