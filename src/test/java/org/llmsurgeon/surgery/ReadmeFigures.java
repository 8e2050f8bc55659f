package org.llmsurgeon.surgery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Figures of the README and of the page of findings, so that tests hold them to what they come
 * from.
 */
final class ReadmeFigures {
  private static final List<Path> PAGES =
      List.of(Path.of("..", "README.md"), Path.of("site", "markdown", "findings.md"));

  private ReadmeFigures() {}

  /**
   * A figure of a table.
   *
   * @param column a heading, which only one table has
   * @param row the first cell of its row
   */
  static double of(String column, String row) throws IOException {
    return Double.parseDouble(cell(column, row).split(" ")[0].replace("**", ""));
  }

  /**
   * What follows a figure in its cell, in brackets.
   *
   * @param column a heading, which only one table has
   * @param row the first cell of its row
   */
  static String bracket(String column, String row) throws IOException {
    String cell = cell(column, row);
    return cell.substring(cell.indexOf('(') + 1, cell.indexOf(')'));
  }

  private static String cell(String column, String row) throws IOException {
    List<String> lines = pages().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      int at = cells(lines.get(i)).indexOf(column);
      for (int j = i + 2; at >= 0 && j < lines.size() && lines.get(j).startsWith("|"); j++) {
        List<String> cells = cells(lines.get(j));
        if (cells.get(0).equals(row)) {
          return cells.get(at);
        }
      }
    }
    throw new AssertionError("the README has no figure for " + row + " in a column " + column);
  }

  /**
   * A figure in a sentence.
   *
   * @param words the words around it, with # in its place, wherever lines break
   */
  static double said(String words) throws IOException {
    String[] around = words.strip().split("#", 2);
    Pattern figure =
        Pattern.compile(loose(around[0]) + "([0-9]+(?:\\.[0-9]+)?)" + loose(around[1]));
    Matcher found = figure.matcher(pages());
    if (!found.find()) {
      throw new AssertionError("the README does not say '" + words + "'");
    }
    return Double.parseDouble(found.group(1));
  }

  private static String pages() throws IOException {
    StringBuilder all = new StringBuilder();
    for (Path page : PAGES) {
      all.append(Files.readString(page)).append('\n');
    }
    return all.toString();
  }

  private static String loose(String words) {
    return Arrays.stream(words.split(" ", -1))
        .map(Pattern::quote)
        .reduce((a, b) -> a + "\\s+" + b)
        .orElse("");
  }

  private static List<String> cells(String line) {
    return line.startsWith("|")
        ? Arrays.stream(line.substring(1).split("\\|")).map(String::strip).toList()
        : List.of();
  }
}
