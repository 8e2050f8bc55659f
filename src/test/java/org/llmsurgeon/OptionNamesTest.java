package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.surgery.catalog.RecipeSettings;
import org.llmsurgeon.surgery.setting.Setting;

/** Options have their names in the catalogue; all others of the core ask it, or use own words. */
class OptionNamesTest {
  private static final Path SOURCES = Path.of("main", "java", "org", "llmsurgeon");
  private static final Path CATALOGUE = SOURCES.resolve(Path.of("surgery", "catalog"));
  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|(?m)^\\s*//[^\n]*$");
  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"");
  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]*");

  /** Options of Java and of a compiler. */
  private static final Set<String> OTHERS = Set.of("--add-opens", "--gpu-architecture");

  /** Names of several words; a single one, as "targets", is a word of the field as well. */
  private static final Set<String> NAMES =
      RecipeSettings.ALL.stream()
          .map(Setting::name)
          .filter(name -> name.contains("-"))
          .collect(Collectors.toSet());

  @Test
  void onlyTheCatalogueNamesOptions() throws IOException {
    assertThat(named(SOURCES, CATALOGUE)).isEmpty();
    assertThat(named(CATALOGUE, SOURCES.resolve("none")))
        .as("this can fail")
        .contains("StructureSettings.java: tensor-parallel", "LayerSettings.java: --threshold");
  }

  /** What files say of options in text that is no comment. */
  private static Set<String> named(Path folder, Path except) throws IOException {
    Set<String> named = new TreeSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).sorted().toList()) {
        if (!file.startsWith(except)) {
          String code = COMMENT.matcher(Files.readString(file)).replaceAll("");
          Matcher literals = LITERAL.matcher(code);
          while (literals.find()) {
            options(literals.group(1)).forEach(each -> named.add(file.getFileName() + ": " + each));
          }
        }
      }
    }
    return named;
  }

  private static Stream<String> options(String literal) {
    return NAMES.contains(literal)
        ? Stream.of(literal)
        : OPTION
            .matcher(literal)
            .results()
            .map(found -> found.group())
            .filter(option -> !OTHERS.contains(option));
  }
}
