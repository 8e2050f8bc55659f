package org.llmsurgeon.surgery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Figures of the README's tables, so that tests hold them to what they come from. */
final class ReadmeFigures {
  private static final Path README = Path.of("..", "README.md");

  private ReadmeFigures() {}

  /**
   * A figure.
   *
   * @param column a heading, which only one table has
   * @param row the first cell of its row
   */
  static double of(String column, String row) throws IOException {
    List<String> lines = Files.readAllLines(README);
    for (int i = 0; i < lines.size(); i++) {
      int at = cells(lines.get(i)).indexOf(column);
      for (int j = i + 2; at >= 0 && j < lines.size() && lines.get(j).startsWith("|"); j++) {
        List<String> cells = cells(lines.get(j));
        if (cells.get(0).equals(row)) {
          return Double.parseDouble(cells.get(at));
        }
      }
    }
    throw new AssertionError("the README has no figure for " + row + " in a column " + column);
  }

  private static List<String> cells(String line) {
    return line.startsWith("|")
        ? Arrays.stream(line.substring(1).split("\\|")).map(String::strip).toList()
        : List.of();
  }
}
