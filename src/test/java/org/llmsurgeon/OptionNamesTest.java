package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.surgery.catalog.RecipeSettings;
import org.llmsurgeon.surgery.setting.Setting;

/** Options have their names in the catalogue; all others of the core ask it, or use own words. */
class OptionNamesTest {
  private static final String CATALOGUE = "surgery/catalog/";
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
    Set<String> named =
        Literals.found(OptionNamesTest::options, Path.of("main", "java", "org", "llmsurgeon"));
    assertThat(named)
        .as("this can fail")
        .contains(CATALOGUE + "StructureSettings.java: tensor-parallel")
        .contains(CATALOGUE + "LayerSettings.java: --threshold");
    assertThat(named).allMatch(each -> each.startsWith(CATALOGUE));
  }

  private static Stream<String> options(String text) {
    return NAMES.contains(text)
        ? Stream.of(text)
        : OPTION
            .matcher(text)
            .results()
            .map(MatchResult::group)
            .filter(option -> !OTHERS.contains(option));
  }
}
