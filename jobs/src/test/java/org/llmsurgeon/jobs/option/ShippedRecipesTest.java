package org.llmsurgeon.jobs.option;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.jobs.Checkout;
import org.llmsurgeon.jobs.CommandRun;
import org.llmsurgeon.jobs.Surgeon;
import org.llmsurgeon.pipeline.report.EffectiveRecipe;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.surgery.recipe.Recipe;

public class ShippedRecipesTest {
  public static Stream<Path> recipes() throws IOException {
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
  void everyRecipeIsShippedListedAndFoundByItsName() throws IOException {
    List<String> files = recipes().map(each -> each.getFileName().toString()).toList();
    assertThat(ShippedRecipes.NAMES.stream().map(name -> name + ".yaml"))
        .containsExactlyInAnyOrderElementsOf(files);

    CommandRun list = CommandRun.of("recipes");
    assertThat(list.code()).isZero();
    assertThat(list.out().lines()).allMatch(line -> line.length() <= 100);
    for (String name : ShippedRecipes.NAMES) {
      assertThat(list.out()).contains(name + "\n    ");
      assertThat(settings(Path.of(name)).recipe()).isEqualTo(recipe(name + ".yaml"));
    }
    assertThat(CommandRun.of("recipes", "quick").out())
        .isEqualTo(Files.readString(Checkout.file("conf/recipes/quick.yaml")));
    CommandRun wrong = CommandRun.of("recipes", "slow");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).startsWith("surgeon: There is no recipe 'slow'; choose one of quick,");
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void theRecipeBesideAResultMeansTheSame(Path recipe, @TempDir Path folder) throws IOException {
    ObjectMapper json = new ObjectMapper();
    Recipe meant = settings(recipe).recipe();
    JsonNode report = json.valueToTree(Map.of("recipe", meant.options()));
    Path file = folder.resolve(EffectiveRecipe.FILE);
    Files.write(file, EffectiveRecipe.of(report));
    assertThat(settings(file).recipe()).isEqualTo(meant);
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
    assertThat(recipe("k-obd.yaml").update()).isEqualTo(UpdateKind.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark-local.conf", "spark-cluster.conf", "spark-gpu.conf"})
  void sparkSettingsAreSettingsOfSpark(String name) throws IOException {
    Properties settings = properties(name);
    SparkConf conf = new SparkConf(false);
    settings.forEach((key, value) -> conf.set((String) key, ((String) value).strip()));

    assertThat(settings.stringPropertyNames())
        .isNotEmpty()
        .allMatch(key -> key.startsWith("spark."));
    assertThat(conf.getTimeAsSeconds("spark.network.timeout", "120s")).isEqualTo(120);
    assertThat(conf.getSizeAsBytes("spark.executor.memory", "1g")).isGreaterThanOrEqualTo(1L << 30);
  }

  /** One file is given, and a driver on the cluster has nothing else. */
  @Test
  void withCardsDriversAndExecutorsHaveWhatTheyHaveWithout() throws IOException {
    Map<Object, Object> shared = new HashMap<>(properties("spark-cluster.conf"));
    shared.keySet().removeIf(key -> !key.toString().matches("spark\\.(driver|executorEnv)\\..*"));
    assertThat(shared).containsKeys("spark.driver.extraJavaOptions", "spark.driver.memory");
    assertThat(properties("spark-gpu.conf")).containsAllEntriesOf(shared);
  }

  private static Properties properties(String name) throws IOException {
    Properties settings = new Properties();
    try (var reader = Files.newBufferedReader(Checkout.file("conf/" + name))) {
      settings.load(reader);
    }
    return settings;
  }
}
