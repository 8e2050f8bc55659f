package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.surgery.catalog.RecipeSettings;
import org.llmsurgeon.surgery.recipe.Recipe;

class UsageTest {
  private static final String[] PRUNE = {
    "prune", "--model", "m", "--calibration", "c.txt", "--output", "o"
  };

  private static String[] prune(String... more) {
    List<String> arguments = new ArrayList<>(List.of(PRUNE));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static String[] plan(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("plan", "--model", "src/main/resources/demo/model"));
    arguments.addAll(List.of("--gflops", "1", "--gflops-double", "1", "--disk", "1"));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  static Stream<Arguments> wrongCommandLines() {
    return Stream.of(
        wrong("Name a command: demo, prune, evaluate", new String[0]),
        wrong("There is no command 'prun'; did you mean 'prune'?", "prun"),
        wrong(
            "There is no option '--sparsty'; did you mean '--sparsity'?",
            prune("--sparsty", "0.5")),
        wrong("There is no word 'unexpected'.", prune("unexpected")),
        wrong("--shots", prune("--shots")),
        wrong(
            "The option 'shots' is 'four'; give a whole number.",
            prune("--shots", "3", "--shots", "four")),
        wrong("The option 'shots' is 'three'; give a whole number.", prune("--shots", "three")),
        wrong("--shots is 0; give at least 1.", prune("--shots", "0")),
        wrong("The option 'sparsity' is 'half'; give a number.", prune("--sparsity", "half")),
        wrong("--sparsity is 1.5", prune("--sparsity", "1.5")),
        wrong("--sparsity is NaN", prune("--sparsity", "NaN")),
        wrong("choose one of identity, activations, kfac", prune("--curvature", "kfca")),
        wrong("choose one of joint, additive, none, independent", prune("--update", "join")),
        wrong("choose one of row, column, row,column, units", prune("--structures", "rows")),
        wrong("--sequences is 0", prune("--sequences", "0")),
        wrong("--context is 1", prune("--context", "1")),
        wrong("The option 'seed' is '1.5'; give a whole number.", prune("--seed", "1.5")),
        wrong("--damp-g is -1.0", prune("--damp-g", "-1")),
        wrong("The option 'damp-a' is 'x'; give a number.", prune("--damp-a", "x")),
        wrong("exclude each other", prune("--quiet", "--verbose")),
        wrong("prune needs --model DIR and --calibration FILE...", "prune", "--output", "o"),
        wrong("prune needs --output PATH", "prune", "--model", "m", "--calibration", "c"),
        wrong("evaluate needs --test FILE...", "evaluate", "--model", "m"),
        wrong("There is no option '--shots'.", "evaluate", "--model", "m", "--shots", "3"),
        wrong("factors needs", "factors"),
        wrong("scores needs", "scores", "--model", "m"),
        wrong("inspect needs --model DIR", "inspect"),
        wrong("Missing required option: '--run=DIR'", "clean"),
        wrong("There is no GPU policy 'yes'; choose one of required, auto", prune("--gpu", "yes")),
        wrong("There is no option '--gpu'", "inspect", "--gpu", "auto"),
        wrong(
            "There is no place to reduce 'here'; choose one of driver", prune("--reduce", "here")),
        wrong("plan needs --model DIR", "plan"),
        wrong("--memory is 'much'; give a size as 64g.", plan("--memory", "much")),
        wrong("at least one executor", plan("--executors", "0")),
        wrong("nowhere/config.json", "plan", "--model", "nowhere"),
        wrong("is no run directory", "clean", "--quiet", "--run", "nowhere"),
        wrong("Recipe nowhere.yaml does not exist", prune("--recipe", "nowhere.yaml")));
  }

  private static Arguments wrong(String sentence, String... arguments) {
    return Arguments.of(sentence, arguments);
  }

  @ParameterizedTest
  @MethodSource("wrongCommandLines")
  void aWrongCommandLineIsOneSentenceAndTwo(String sentence, String[] arguments) {
    CommandRun run = CommandRun.of(arguments);

    assertThat(run.err()).contains(sentence);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).doesNotContain("Exception").doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void everyPartOfARecipeIsAnOptionWithItsDefault() {
    String help = CommandRun.of("help", "prune").out().replaceAll("\\s+", " ");

    Recipe.defaults()
        .options()
        .forEach(
            (name, value) -> {
              assertThat(help).containsPattern("--(\\[no-])?" + name);
              if (!(value instanceof Boolean)) {
                assertThat(RecipeSettings.named(name).orElseThrow().description())
                    .contains(" Default: ");
              }
            });
    assertThat(help).contains("Default: 0.5.").contains("Default: kfac.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"prune", "evaluate", "factors", "scores", "inspect", "plan", "clean"})
  void everyCommandHasHelpWithAnExample(String command) {
    CommandRun help = CommandRun.of("help", command);

    assertThat(help.code()).isZero();
    assertThat(help.err()).isEmpty();
    assertThat(help.out()).contains("Usage: surgeon " + command).contains("Example: surgeon ");
    assertThat(CommandRun.of(command, "--help").out()).isEqualTo(help.out());
    assertThat(CommandRun.of("help").out()).contains("  " + command + " ");
  }

  @Test
  void optionsStandInGroupsTheBasicOnesFirst() {
    String help = CommandRun.of("help", "prune").out();

    assertThat(help).containsSubsequence("Basic:", "--model", "--sparsity", "What may go:");
    assertThat(help)
        .containsSubsequence(
            "Steps:", "--schedule", "Calibration data:", "Curvature:", "Running:", "--run");
    Matcher option = Pattern.compile("(?m)^ {2,6}(-[a-z], )?--(\\[no-])?[a-z-]+").matcher(help);
    long shown = option.results().count();
    assertThat(shown)
        .isEqualTo(
            Surgeon.commandLine().getSubcommands().get("prune").getCommandSpec().options().size());
    assertThat(CommandRun.of("help", "factors").out().replaceAll("\\s+", " "))
        .contains("A .safetensors file that does not exist yet.");
  }

  @Test
  void theVersionNamesSparkAndJava() {
    CommandRun run = CommandRun.of("--version");

    assertThat(run.code()).isZero();
    assertThat(run.out()).matches("surgeon .*, Spark 4\\..*, Java .*\\R");
  }

  @Test
  void aRecipeThatIsWrongIsNamed(@TempDir Path folder) throws IOException {
    Path recipe = folder.resolve("mine.yaml");
    Files.writeString(recipe, "sparcity: 0.5\n", StandardCharsets.UTF_8);

    CommandRun run = CommandRun.of(prune("--recipe", recipe.toString()));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(recipe.toString()).contains("did you mean 'sparsity'?");
  }
}
