package org.llmsurgeon;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What programs say: the texts in their sources. */
public final class Literals {
  /** A comment, a character or a text: whichever begins first, for each may hold the others. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?s)/\\*.*?\\*/|//[^\n]*|'(?:[^'\\\\\n]|\\\\.)+'"
              + "|\"\"\"(.*?)\"\"\"|\"((?:[^\"\\\\\n]++|\\\\.)*)\"");

  private Literals() {}

  private static Stream<String> texts(String source) {
    return TOKEN
        .matcher(source)
        .results()
        .map(token -> token.group(1) == null ? token.group(2) : token.group(1))
        .filter(Objects::nonNull);
  }

  /**
   * What is found in the texts of all sources below a folder.
   *
   * @param in what to look for in a text
   * @param folder where the sources are
   * @return the file's path in the folder, with {@code /}, a colon, a space, and what was found
   */
  public static Set<String> found(Function<String, Stream<String>> in, Path folder)
      throws IOException {
    Set<String> found = new TreeSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        String name = folder.relativize(file).toString().replace(File.separatorChar, '/');
        texts(Files.readString(file)).flatMap(in).forEach(each -> found.add(name + ": " + each));
      }
    }
    return found;
  }
}
