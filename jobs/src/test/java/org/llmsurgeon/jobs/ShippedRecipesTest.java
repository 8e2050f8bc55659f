package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.surgery.recipe.Recipe;

class ShippedRecipesTest {
  static Stream<Path> recipes() throws IOException {
    try (Stream<Path> files = Files.list(Checkout.file("conf/recipes"))) {
      return files.sorted().toList().stream();
    }
  }

  private static Settings settings(Path recipe) {
    return Settings.of(
        Surgeon.commandLine().parseArgs("prune", "--recipe", recipe.toString()).subcommand());
  }

  private static Recipe recipe(String name) {
    return settings(Checkout.file("conf/recipes/" + name)).recipe();
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void everyRecipeIsReadAndSaysWhatItIs(Path recipe) throws IOException {
    List<String> lines = Files.readAllLines(recipe, StandardCharsets.UTF_8);

    assertThat(settings(recipe).recipe()).isNotNull();
    assertThat(lines.get(0)).startsWith("# ");
  }

  @Test
  void theDefaultRecipeIsWhatNothingSaidMeans() {
    assertThat(recipe("default.yaml")).isEqualTo(Recipe.defaults());
  }

  @Test
  void thePapersRecipeIsThePapers() {
    assertThat(recipe("paper-structured.yaml").options())
        .containsEntry("structures", "row,column")
        .containsEntry("selection", "single")
        .containsEntry("sparsity", 0.5)
        .containsEntry("shots", 40)
        .containsEntry("curvature", "kfac")
        .containsEntry("diagonal", false)
        .containsEntry("update", "additive")
        .containsEntry("damp-g", 0.01)
        .containsEntry("damp-a", 0.01)
        .containsEntry("sequences", 128)
        .containsEntry("context", null);
  }

  @Test
  void kObdLooksAtDiagonalsAndUpdatesNothing() {
    assertThat(recipe("k-obd.yaml").appliedUpdate()).isEqualTo(UpdateKind.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark-local.conf", "spark-cluster.conf", "spark-gpu.conf"})
  void sparkSettingsAreSettingsOfSpark(String name) throws IOException {
    Properties settings = new Properties();
    try (var reader = Files.newBufferedReader(Checkout.file("conf/" + name))) {
      settings.load(reader);
    }
    SparkConf conf = new SparkConf(false);
    settings.forEach((key, value) -> conf.set((String) key, ((String) value).strip()));

    assertThat(settings.stringPropertyNames())
        .isNotEmpty()
        .allMatch(key -> key.startsWith("spark."));
    assertThat(conf.getTimeAsSeconds("spark.network.timeout", "120s")).isEqualTo(120);
    assertThat(conf.getSizeAsBytes("spark.executor.memory", "1g")).isGreaterThanOrEqualTo(1L << 30);
  }
}
