package org.llmsurgeon.pipeline.files;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;

/**
 * Files and folders of the local disk that a pattern names, as a shell means it: {@code *}, {@code
 * ?}, {@code [ab]}, {@code [!a]} within a name, {@code {a,b}} anywhere, a backslash before what
 * stands for itself; names that begin with a dot only where the pattern does.
 */
final class LocalPattern {
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[\\\\]");

  private LocalPattern() {}

  /**
   * What is there.
   *
   * @param pattern an absolute path with wildcards
   * @return absolute paths, sorted
   * @throws InputException naming the pattern if it is none, or a folder that cannot be read
   */
  public static List<String> matches(String pattern) {
    SortedSet<String> found = new TreeSet<>();
    for (String each : alternatives(pattern)) {
      List<Path> paths = List.of(Path.of("/"));
      for (String name : each.split("/")) {
        paths = name.isEmpty() ? paths : children(paths, name, pattern);
      }
      paths.forEach(path -> found.add(path.toString()));
    }
    return List.copyOf(found);
  }

  private static List<Path> children(List<Path> folders, String name, String pattern) {
    List<Path> found = new ArrayList<>();
    for (Path folder : folders) {
      if (!WILDCARD.matcher(name).find()) {
        Path child = folder.resolve(name);
        if (Files.exists(child)) {
          found.add(child);
        }
      } else if (Files.isDirectory(folder)) {
        found.addAll(matching(folder, name, pattern));
      }
    }
    return found;
  }

  private static List<Path> matching(Path folder, String name, String pattern) {
    List<Path> found = new ArrayList<>();
    PathMatcher matcher = matcher(folder.getFileSystem(), name, pattern);
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        boolean hidden = entry.getFileName().toString().startsWith(".");
        if (matcher.matches(entry.getFileName()) && (!hidden || name.startsWith("."))) {
          found.add(entry);
        }
      }
    } catch (IOException failure) {
      throw new InputException(
          folder + " cannot be read (" + Reason.of(failure) + "); check its permissions", failure);
    }
    return found;
  }

  private static PathMatcher matcher(FileSystem system, String name, String pattern) {
    try {
      return system.getPathMatcher("glob:" + name.replace("[^", "[!").replace("{", "\\{"));
    } catch (PatternSyntaxException failure) {
      throw new InputException(
          pattern
              + " is no pattern ("
              + failure.getDescription()
              + "); write a backslash before what stands for itself",
          failure);
    }
  }

  /** The patterns without braces that one with braces stands for. */
  static List<String> alternatives(String pattern) {
    int open = pattern.indexOf('{');
    int close = open < 0 ? -1 : closing(pattern, open);
    if (close < 0) {
      return List.of(pattern);
    }
    List<String> all = new ArrayList<>();
    int from = open + 1;
    int depth = 0;
    for (int i = open + 1; i <= close; i++) {
      char each = pattern.charAt(i);
      if (depth == 0 && (each == ',' || i == close)) {
        String one = pattern.substring(from, i);
        all.addAll(alternatives(pattern.substring(0, open) + one + pattern.substring(close + 1)));
        from = i + 1;
      }
      depth += each == '{' ? 1 : each == '}' ? -1 : 0;
    }
    return all;
  }

  private static int closing(String pattern, int open) {
    int depth = 0;
    for (int i = open; i < pattern.length(); i++) {
      depth += pattern.charAt(i) == '{' ? 1 : pattern.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    return -1;
  }
}
