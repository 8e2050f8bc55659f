package org.llmsurgeon.pruning.structure;

/**
 * Whole rows, whole columns, or both; each on its own, as in the paper.
 *
 * @param rows whether rows may go
 * @param columns whether columns may go
 */
public record RowsColumns(boolean rows, boolean columns) implements Structures {
  /** Rows and columns compete. */
  public static final RowsColumns BOTH = new RowsColumns(true, true);

  /** Checks that something may go. */
  public RowsColumns {
    if (!rows && !columns) {
      throw new IllegalArgumentException("neither rows nor columns");
    }
  }

  @Override
  public Contest contest() {
    return Contest.LINES;
  }

  @Override
  public String optionName() {
    return rows && columns ? "row,column" : rows ? "row" : "column";
  }
}
