package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.jobs.option.Settings;
import org.llmsurgeon.jobs.option.ShippedRecipes;
import org.llmsurgeon.jobs.runtime.SparkRuntime;
import org.llmsurgeon.jobs.terminal.QuietProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Every shipped recipe is planned as it is, and run on a model of two small blocks. */
class RecipeRunsTest {
  /** What makes a recipe small; none of it decides how something goes. */
  private static final Map<String, List<String>> SMALLER =
      Map.of(
          "paper-semi-structured", List.of("--skip-unfit"),
          "hardware-30", List.of("--round-to", "2"));

  @TempDir static Path temp;
  private static TinyModelFolder model;
  private static Path text;
  private static Path plannedFor;
  private static SparkRuntime spark;

  @BeforeAll
  static void start() throws IOException {
    model = TinyModelFolder.write(temp.resolve("model"));
    // Recipes are for models of longer contexts than the demo's.
    String demo = Files.readString(Path.of("src/main/resources/demo/model/config.json"));
    String longer =
        demo.replaceFirst(
            "\"max_position_embeddings\": *\\d+", "\"max_position_embeddings\": 8192");
    plannedFor = Files.writeString(temp.resolve("config.json"), longer);
    Random random = new Random(5);
    StringBuilder letters = new StringBuilder();
    random.ints(2000, 'a', 'k').forEach(letter -> letters.append((char) letter));
    text = Files.writeString(temp.resolve("text.txt"), letters);
    spark = SparkRuntime.start("recipes", new PrintWriter(System.err), "");
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  static Stream<String> names() {
    return ShippedRecipes.NAMES.stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void isPlanned(String name) {
    CommandRun plan =
        CommandRun.of(
            "plan",
            "--model",
            plannedFor.toString(),
            "--recipe",
            name,
            "--gflops",
            "1",
            "--gflops-double",
            "1",
            "--disk",
            "1");
    assertThat(plan.err()).isEmpty();
    assertThat(plan.code()).isZero();
    assertThat(plan.out()).contains("memory of an executor");
  }

  @ParameterizedTest
  @MethodSource("names")
  void isRun(String name) {
    List<String> arguments = new ArrayList<>(List.of("prune", "--recipe", name, "--shots", "1"));
    if (ShippedRecipes.text(name).orElseThrow().contains("sequences")) {
      arguments.addAll(List.of("--sequences", "4", "--context", "8"));
    }
    SMALLER.forEach(
        (prefix, options) -> arguments.addAll(name.startsWith(prefix) ? options : List.of()));
    Recipe recipe =
        Settings.of(Surgeon.commandLine().parseArgs(arguments.toArray(String[]::new)).subcommand())
            .recipe();
    PruningReport report =
        new SurgeonPipeline(spark.context(), new QuietProgress())
            .prune(
                new PruneRequest(
                    model.folder().toString(),
                    List.of(text.toString()),
                    List.of(text.toString()),
                    temp.resolve(name).toString(),
                    null,
                    false,
                    recipe,
                    Route.AUTO));
    assertThat(report.sparsity()).isPositive().isLessThanOrEqualTo(recipe.goal().sparsity());
    assertThat(report.perplexity()).isFinite();
    assertThat(report.notes().saved()).hasSameSizeAs(recipe.pace().saveAt());
  }

  /** OPT 125m to 6.7b and Llama-2 7b, in each of the paper's kinds, with its baselines. */
  @Test
  void everyTableOfThePaperHasItsRecipes() {
    for (String kind : List.of("paper-semi-structured", "paper-unstructured")) {
      for (String row : List.of("", "-llama", "-k-obd", "-l-obd", "-magnitude")) {
        assertThat(ShippedRecipes.NAMES).contains(kind + row);
      }
    }
    assertThat(ShippedRecipes.NAMES)
        .contains("paper-structured", "paper-structured-90-to-50", "paper-structured-llama")
        .contains("paper-structured-corrected", "k-obd", "paper-l-obd", "paper-magnitude")
        .contains("quick", "loadable-20", "hardware-30", "max-quality");
    for (String llama : ShippedRecipes.NAMES.stream().filter(n -> n.endsWith("-llama")).toList()) {
      assertThat(ShippedRecipes.text(llama).orElseThrow()).contains("context: 4096");
    }
  }
}
