package org.llmsurgeon;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** How large files, packages and records are, which each module bounds. */
public final class Sizes {
  /**
   * Lines of a file. What is longer has more than one subject, and whoever looks for one reads all:
   * the cut is along the second one, not at a line.
   */
  public static final int FILE = 400;

  /** Lines of a package: about what somebody reads through before a change. */
  public static final int ROOM = 2000;

  /** Components of a record: among more, two of one type are exchanged and nobody sees it. */
  public static final int RECORD = 8;

  private Sizes() {}

  /**
   * Files of Java that are longer than allowed.
   *
   * @param folders where they are, with all folders below
   * @param most lines of a file
   */
  public static List<String> filesOver(int most, Path... folders) throws IOException {
    List<String> over = new ArrayList<>();
    for (Path folder : folders) {
      lines(folder)
          .forEach(
              (file, lines) -> over.addAll(lines > most ? List.of(told(file, lines)) : List.of()));
    }
    return over;
  }

  /**
   * Packages that are longer than allowed.
   *
   * @param most lines of all files of a package, those below it left out
   * @param folder where they are
   */
  public static List<String> roomsOver(int most, Path folder) throws IOException {
    Map<Path, Integer> rooms = new TreeMap<>();
    lines(folder).forEach((file, lines) -> rooms.merge(file.getParent(), lines, Integer::sum));
    return rooms.entrySet().stream()
        .filter(room -> room.getValue() > most)
        .map(room -> told(room.getKey(), room.getValue()))
        .toList();
  }

  private static String told(Path place, int lines) {
    return place + " has " + lines + " lines";
  }

  private static Map<Path, Integer> lines(Path folder) throws IOException {
    Map<Path, Integer> lines = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        lines.put(file, Files.readAllLines(file).size());
      }
    }
    return lines;
  }

  /**
   * Records with more components than allowed.
   *
   * @param most components
   * @param classes among which they are looked for
   */
  public static List<String> recordsOver(int most, JavaClasses classes) {
    return classes.stream()
        .filter(JavaClass::isRecord)
        .filter(record -> components(record) > most)
        .map(JavaClass::getName)
        .sorted()
        .toList();
  }

  private static long components(JavaClass record) {
    // A record has no other fields of its own than its components
    return record.getFields().stream()
        .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
        .count();
  }
}
