package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What comments say about formulas is in the project: on the page of the method. */
class MethodPageTest {
  private static final List<Path> SOURCES =
      Stream.of("main", "../pipeline/src/main", "../jobs/src/main").map(Path::of).toList();
  private static final Path PAGE = Path.of("site/markdown/method.md");
  private static final Pattern HEADING = Pattern.compile("(?m)^## (\\d+)\\. ");
  private static final Pattern CITED =
      Pattern.compile("method, sections? (\\d+)(?: and (\\d+))?", Pattern.CASE_INSENSITIVE);

  /** A page outside: a Markdown file, or a section of something that is not named. */
  private static final Pattern OUTSIDE =
      Pattern.compile("(?<!method)(?<!readme)\\.md\\b|(?<!method,) sections? \\d");

  @Test
  void everySectionThatIsCitedIsThere() throws IOException {
    Set<String> headings = numbers(HEADING, Files.readString(PAGE));
    assertThat(headings).isNotEmpty();
    Map<Path, Set<String>> cited = new TreeMap<>();
    comments().forEach((file, text) -> cited.put(file, numbers(CITED, text)));
    assertThat(cited.values()).anyMatch(each -> !each.isEmpty());
    cited.forEach((file, sections) -> assertThat(headings).as("" + file).containsAll(sections));
  }

  @Test
  void commentsSendNobodyOutside() throws IOException {
    comments()
        .forEach(
            (file, text) ->
                assertThat(OUTSIDE.matcher(ours(text)).results().map(MatchResult::group))
                    .as("" + file)
                    .isEmpty());
  }

  /** Without addresses: what is public may be cited. */
  private static String ours(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("https?://\\S+", "");
  }

  private static Set<String> numbers(Pattern pattern, String text) {
    Set<String> numbers = new TreeSet<>();
    for (MatchResult each : pattern.matcher(text).results().toList()) {
      for (int group = 1; group <= each.groupCount(); group++) {
        if (each.group(group) != null) {
          numbers.add(each.group(group));
        }
      }
    }
    return numbers;
  }

  /** The comments of each source file, each in a line. */
  private static Map<Path, String> comments() throws IOException {
    Map<Path, String> comments = new TreeMap<>();
    for (Path source : SOURCES) {
      try (Stream<Path> files = Files.walk(source)) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          comments.put(file, commentsOf(file));
        }
      }
    }
    return comments;
  }

  private static String commentsOf(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(String::strip)
          .filter(line -> line.startsWith("*") || line.startsWith("/*") || line.startsWith("//"))
          .map(line -> line.replaceFirst("^(/\\*\\*?|\\*/?|//) ?", ""))
          .collect(Collectors.joining(" "));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
