package org.llmsurgeon.jobs.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.map;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.jobs.Surgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

class SettingsTest {
  @TempDir private Path folder;

  private static Settings prune(String... arguments) {
    List<String> words = new ArrayList<>(List.of("prune"));
    words.addAll(List.of(arguments));
    return Settings.of(Surgeon.commandLine().parseArgs(words.toArray(String[]::new)).subcommand());
  }

  private String recipe(String text) throws IOException {
    Path file = folder.resolve("recipe.yaml");
    Files.writeString(file, text, StandardCharsets.UTF_8);
    return file.toString();
  }

  @Test
  void withoutOptionsTheRecipeIsTheDefault() {
    assertThat(prune().recipe()).isEqualTo(Recipe.defaults());
  }

  @Test
  void whatIsAskedForOfTextNamesItsFiles() throws IOException {
    String[] files = {"--calibration", "a", "b", "--test", "c"};
    assertThat(prune(files).ofText()).isEmpty();
    assertThat(prune(with(files, "--sequences", "9", "--context", "8")).ofText())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("--sequences", List.of("a", "b"), "--context", List.of("a", "b", "c")));
    assertThat(prune("--context", "9").ofText()).isEqualTo(Map.of("--context", List.of()));
    // A recipe is for either
    assertThat(prune(with(files, "--recipe", recipe("sequences: 9\ncontext: 8\n"))).ofText())
        .isEmpty();
  }

  private static String[] with(String[] files, String... more) {
    return Stream.of(files, more).flatMap(Arrays::stream).toArray(String[]::new);
  }

  @Test
  void everyOptionReachesTheRecipe() {
    Settings settings =
        prune(
            "--structures",
            "row,column",
            "--sparsity",
            "0.25",
            "--shots=7",
            "--curvature",
            "activations",
            "--update",
            "additive",
            "--sequences",
            "9",
            "--context",
            "33",
            "--seed",
            "-5",
            "--damp-g",
            "0.1",
            "--damp-a",
            "1e-3",
            "--shards",
            "4");

    assertThat(settings.recipe().options())
        .containsEntry("structures", "row,column")
        .containsEntry("sparsity", 0.25)
        .containsEntry("shots", 7)
        .containsEntry("curvature", "activations")
        .containsEntry("update", "additive")
        .containsEntry("sequences", 9)
        .containsEntry("context", 33)
        .containsEntry("seed", -5L)
        .containsEntry("damp-g", 0.1)
        .containsEntry("damp-a", 1e-3)
        .containsEntry("shards", 4);
    assertThat(prune("--diagonal").recipe().options())
        .containsEntry("diagonal", true)
        .containsEntry("update", "none");
    assertThat(prune("--structures", "units", "--units", "head,neuron", "--path-step", "0.1"))
        .extracting(each -> each.recipe().options(), map(String.class, Object.class))
        .containsEntry("units", "neuron,head")
        .containsEntry("path-step", 0.1);
  }

  @Test
  void aRecipeFileGivesTheSameKeys() throws IOException {
    String file =
        recipe(
            """
            # a comment
            model: models/a b
            calibration: [one.txt, two.txt]
            test: three.txt
            output: out
            run: state
            overwrite: true
            structures: [row, column]
            sparsity: 0.3
            shots: 3
            curvature: identity
            diagonal: true
            update: none
            sequences: 5
            context:
            seed: 12345678901
            damp-g: 1
            damp-a: 0
            """);

    Settings settings = prune("--recipe", file);

    assertThat(settings.text(RunSettings.MODEL)).isEqualTo("models/a b");
    assertThat(settings.list(RunSettings.CALIBRATION)).containsExactly("one.txt", "two.txt");
    assertThat(settings.list(RunSettings.TEST)).containsExactly("three.txt");
    assertThat(settings.text(RunSettings.OUTPUT)).isEqualTo("out");
    assertThat(settings.text(RunSettings.RUN)).isEqualTo("state");
    assertThat(settings.flag(RunSettings.OVERWRITE)).isTrue();
    assertThat(settings.recipe().options())
        .containsEntry("structures", "row,column")
        .containsEntry("sparsity", 0.3)
        .containsEntry("shots", 3)
        .containsEntry("curvature", "identity")
        .containsEntry("diagonal", true)
        .containsEntry("update", "none")
        .containsEntry("sequences", 5)
        .containsEntry("context", null)
        .containsEntry("seed", 12345678901L)
        .containsEntry("damp-g", 1.0)
        .containsEntry("damp-a", 0.0);
  }

  @Test
  void optionsWinOverTheRecipe() throws IOException {
    String file =
        recipe("sparsity: 0.3\nshots: 3\ndiagonal: true\ncalibration: a\noverwrite: true\n");

    Settings settings =
        prune(
            "--shots",
            "8",
            "--no-diagonal",
            "--recipe",
            file,
            "--calibration",
            "b",
            "c",
            "--no-overwrite");

    assertThat(settings.recipe().shots()).isEqualTo(8);
    assertThat(settings.recipe().diagonal()).isFalse();
    assertThat(settings.recipe().goal().sparsity()).isEqualTo(0.3);
    assertThat(settings.list(RunSettings.CALIBRATION)).containsExactly("b", "c");
    assertThat(settings.flag(RunSettings.OVERWRITE)).isFalse();
  }

  @Test
  void filesMayBeGivenTogetherOrOneByOne() {
    assertThat(
            prune("--test", "a,b.txt", "c", "--model", "m", "--test", "d").list(RunSettings.TEST))
        .containsExactly("a,b.txt", "c", "d");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          sparcity: 1              | did you mean 'sparsity'?
          colour: red              | there is no setting 'colour'; the settings are model,
          recipe: other.yaml       | there is no setting 'recipe'
          shots: many              | The option 'shots' is 'many'; give a whole number.
          shots: 2.5               | The option 'shots' is '2.5'; give a whole number.
          diagonal: yes            | The option 'diagonal' is 'yes'; give true or false.
          overwrite: 1             | The option 'overwrite' is '1'; give true or false.
          curvature: kfca          | choose one of identity, activations, kfac
          structures: [row, rows]  | There are no structures 'row,rows'
          model: [a, b]            | The setting 'model' has 2 values; give one.
          shots: {a: 1}            | 'shots' has settings below it
          just words               | is not a list of 'key: value' lines
          shots: [1                | line 2: not valid YAML
          """)
  void whatIsWrongInARecipeIsSaidWithItsName(String text, String sentence) throws IOException {
    String file = recipe(text + "\n");

    assertThatThrownBy(() -> prune("--recipe", file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("Recipe " + file)
        .hasMessageContaining(sentence);
  }

  @Test
  void aKeyGivenTwiceIsRefused() throws IOException {
    String file = recipe("shots: 3\nshots: 4\n");

    assertThatThrownBy(() -> prune("--recipe", file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("shots");
  }

  @Test
  void aRecipeThatIsNoTextIsRefused() throws IOException {
    Path file = folder.resolve("weights.yaml");
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});

    assertThatThrownBy(() -> prune("--recipe", file.toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is not a text file");
    assertThatThrownBy(() -> prune("--recipe", folder.toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot be read");
  }
}
