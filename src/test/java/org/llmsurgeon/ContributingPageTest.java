package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whoever follows the page of contributing finds the classes and packages that it names. */
class ContributingPageTest {
  private static final Path PAGE = Path.of("site/markdown/contributing.md");
  private static final Pattern CLASS = Pattern.compile("`([A-Z][a-z]+(?:[A-Z][a-z]*)*\\d?\\w*)`");
  private static final Pattern PACKAGE = Pattern.compile("`([a-z]+(?:\\.[a-z]+)+)`");
  private static final Set<String> NO_PACKAGES = Set.of("config.json", "package-info.java");

  @Test
  void theClassesThatItNamesAreThere() throws IOException {
    Set<String> classes = names(CLASS);
    assertThat(classes).contains("Architecture", "LayeringTest", "Setting");
    Set<String> files =
        files().map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    assertThat(classes).allSatisfy(name -> assertThat(files).contains(name + ".java"));
  }

  @Test
  void thePackagesThatItNamesAreThere() throws IOException {
    Set<String> packages = names(PACKAGE);
    packages.removeAll(NO_PACKAGES);
    assertThat(packages).contains("pruning.structure", "pipeline.cut");
    Set<String> folders =
        files().map(file -> "" + file.getParent()).collect(Collectors.toCollection(TreeSet::new));
    assertThat(packages)
        .allSatisfy(
            name ->
                assertThat(folders)
                    .anyMatch(folder -> folder.endsWith("/" + name.replace('.', '/'))));
  }

  private static Set<String> names(Pattern pattern) throws IOException {
    return pattern
        .matcher(Files.readString(PAGE))
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<Path> files() throws IOException {
    return Stream.of("main", "test", "../pipeline/src", "../jobs/src")
        .flatMap(
            folder -> {
              try (Stream<Path> found = Files.walk(Path.of(folder))) {
                return Arrays.stream(found.toArray(Path[]::new));
              } catch (IOException failed) {
                throw new AssertionError(failed);
              }
            })
        .filter(file -> file.toString().endsWith(".java"));
  }
}
