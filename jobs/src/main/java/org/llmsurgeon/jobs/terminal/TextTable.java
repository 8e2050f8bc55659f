package org.llmsurgeon.jobs.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A table in plain text: a header, a rule, rows. A column of numbers is aligned to the right, so
 * that they stand under each other; any other to the left.
 */
public final class TextTable {
  /** System property: width of the terminal that standard output is; absent if it is none. */
  public static final String COLUMNS = "surgeon.columns";

  private static final String GAP = "   ";

  /** Digits and signs, with a unit of one word at most. */
  private static final Pattern NUMBER = Pattern.compile("([-+]?[0-9][-+0-9.,e]*( \\S+)?)?");

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * @param header one title for each column
   */
  public TextTable(String... header) {
    this.header = List.of(header);
  }

  /**
   * Adds a row.
   *
   * @param cells one text for each column
   * @return this table
   * @throws IllegalArgumentException if there are more or fewer cells than columns
   */
  public TextTable row(String... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          "A row of " + cells.length + " cells in a table of " + header.size() + " columns.");
    }
    rows.add(List.copyOf(Arrays.asList(cells)));
    return this;
  }

  /**
   * The table, its lines ended by {@code \n}, without spaces at the ends of lines. On a terminal
   * that is narrower each row is a block of lines instead.
   */
  @Override
  public String toString() {
    return text(Integer.getInteger(COLUMNS, Integer.MAX_VALUE));
  }

  /**
   * The table for a terminal.
   *
   * @param columns its width
   */
  String text(int columns) {
    int[] widths = widths();
    int width = Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1);
    return width > columns ? blocks(columns) : lines(widths);
  }

  /** A block for each row: its first cell, and under it each other cell with its title. */
  private String blocks(int columns) {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      String name = (header.get(0) + " " + row.get(0)).strip();
      text.append(Format.wrapped(name, columns, ""));
      for (int column = 1; column < row.size(); column++) {
        if (!row.get(column).isEmpty()) {
          String cell = (header.get(column) + " " + row.get(column)).strip();
          text.append(Format.wrapped(cell, columns, "  "));
        }
      }
    }
    return text.toString();
  }

  private String lines(int[] widths) {
    List<String> rule = new ArrayList<>();
    for (int width : widths) {
      rule.add("-".repeat(width));
    }
    StringBuilder text = new StringBuilder();
    line(text, header, widths);
    line(text, rule, widths);
    rows.forEach(row -> line(text, row, widths));
    return text.toString();
  }

  private boolean numbers(int column) {
    return !rows.isEmpty()
        && rows.stream().allMatch(row -> NUMBER.matcher(row.get(column)).matches());
  }

  private int[] widths() {
    int[] widths = new int[header.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = header.get(column).length();
      for (List<String> row : rows) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    return widths;
  }

  private void line(StringBuilder text, List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      String cell = cells.get(column);
      String padding = " ".repeat(widths[column] - cell.length());
      line.append(column == 0 ? "" : GAP).append(numbers(column) ? padding + cell : cell + padding);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }
}
