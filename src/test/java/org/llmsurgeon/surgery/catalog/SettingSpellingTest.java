package org.llmsurgeon.surgery.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.setting.Setting;

/** How an option is spelled is said where it is described, and nowhere else. */
class SettingSpellingTest {
  private static final Path SOURCES = Path.of("main", "java");

  /** Options of Java's and of the compiler of kernels, which are none of this program's. */
  private static final Pattern SPELLED =
      Pattern.compile("\".*(?<![\\w-])--(?!add-opens|gpu-architecture)[a-z].*\"");

  private static List<String> spelled(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .filter(line -> SPELLED.matcher(line).find())
          .map(line -> file + ": " + line.strip())
          .toList();
    } catch (IOException unreadable) {
      throw new IllegalStateException(file.toString(), unreadable);
    }
  }

  @Test
  void theMathematicsNamesNoOption() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      assertThat(
              files
                  .filter(file -> file.toString().endsWith(".java"))
                  .filter(file -> !file.getParent().endsWith(Path.of("surgery", "catalog")))
                  // Forms of folders are no part of a recipe; their commands are their own.
                  .filter(file -> !file.startsWith(SOURCES.resolve("org/llmsurgeon/export")))
                  .flatMap(file -> spelled(file).stream()))
          .isEmpty();
    }
    assertThat(spelled(SOURCES.resolve("org/llmsurgeon/surgery/catalog/StepSettings.java")))
        .as("the rule can fail")
        .isNotEmpty();
  }

  @Test
  void everyOptionSaysWhatItDecidesAndReadsWhatItShows() {
    Recipe defaults = Recipe.defaults();
    for (Setting<?> each : RecipeSettings.ALL) {
      assertThat(each.description()).as(each.name()).contains(" Default: ").endsWith(".");
      Object shown = defaults.options().get(each.name());
      assertThat(shown == null || each.read(shown) != null).as(each.name()).isTrue();
    }
    assertThat(RecipeSettings.ALL).extracting(Setting::name).doesNotHaveDuplicates();
  }
}
