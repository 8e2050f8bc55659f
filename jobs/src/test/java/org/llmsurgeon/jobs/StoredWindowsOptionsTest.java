package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import picocli.CommandLine;

/** Options that say how text becomes windows are refused where all files hold windows. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoredWindowsOptionsTest {
  private static final String WHY =
      " is for text, and %s holds token windows, which are used whole; give text, or leave the"
          + " option out.";

  @TempDir static Path temp;

  private String model;
  private String tensors;
  private String arrow;
  private String folder;
  private String text;

  @BeforeAll
  void prepare() throws IOException {
    TinyModelFolder written = TinyModelFolder.write(temp.resolve("model"));
    model = written.folder().toString();
    tensors = written.windows("test", 3).toString();
    int[][] windows = {{1, 2, 3, 4, 5, 6, 7, 8}, {8, 7, 6, 5, 4, 3, 2, 1}};
    arrow = temp.resolve("windows.arrow").toString();
    new TokenWindows(windows).write(new LocalStorage(), arrow);
    folder = Files.createDirectory(temp.resolve("windows")).toString();
    Files.copy(Path.of(arrow), Path.of(folder, "0.arrow"));
    text = temp.resolve("text.txt").toString();
    Files.writeString(Path.of(text), "abcdefghij".repeat(20), StandardCharsets.UTF_8);
  }

  private CommandRun run(String command, String... words) {
    List<String> all = new ArrayList<>(List.of(command, "--model", model));
    if (!command.equals("evaluate")) {
      all.addAll(List.of("--output", temp.resolve("out-" + command).toString()));
    }
    all.addAll(Arrays.asList(words));
    return CommandRun.of(all.toArray(String[]::new));
  }

  private static void refused(CommandRun run, String sentence) {
    assertThat(run.err().lines().filter(line -> !line.endsWith("] starting Spark")))
        .containsExactly("surgeon: " + sentence);
    assertThat(run.code()).isEqualTo(2);
  }

  /** Commands that read windows, with the options of both. */
  private static final Set<String> READERS =
      Set.of("compare", "evaluate", "factors", "prune", "scores");

  @Test
  void noOtherCommandReadsWindowsAndHasTheOptions() {
    Set<String> commands =
        Surgeon.commandLine().getSubcommands().entrySet().stream()
            .filter(each -> has(each.getValue(), "--calibration") || has(each.getValue(), "--test"))
            .filter(each -> has(each.getValue(), "--context"))
            .map(each -> each.getKey())
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(commands).isEqualTo(new TreeSet<>(READERS));
  }

  private static boolean has(CommandLine command, String option) {
    return command.getCommandSpec().findOption(option) != null;
  }

  /** Each command with each of its options, and what it is to be told. */
  private Stream<List<String>> refusals() {
    return READERS.stream()
        .flatMap(
            command -> {
              String files = command.equals("evaluate") ? "--test" : "--calibration";
              return Stream.of("--sequences", "--context")
                  .filter(
                      option -> has(Surgeon.commandLine().getSubcommands().get(command), option))
                  .map(option -> List.of(command, files, option));
            });
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void eachReaderRefusesThem(List<String> each) {
    String option = each.get(2);
    List<String> words = new ArrayList<>(List.of(each.get(1), arrow, option, "4"));
    if (each.get(0).equals("compare")) {
      words.addAll(List.of("--test", arrow));
    }
    refused(run(each.get(0), words.toArray(String[]::new)), option + WHY.formatted(arrow));
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "upper case", "folder", "pattern"})
  void windowsAreKnownWhereverTheyLie(String how) throws IOException {
    Path upper = temp.resolve("B.SafeTensors");
    if (how.equals("upper case")) {
      Files.copy(Path.of(tensors), upper);
    }
    List<String> given =
        switch (how) {
          case "file" -> List.of(tensors, tensors);
          case "upper case" -> List.of(upper.toString(), upper.toString());
          case "folder" -> List.of(folder, folder + "/0.arrow");
          default -> List.of(folder + "/*.arrow", folder + "/0.arrow");
        };
    refused(
        run("evaluate", "--test", given.get(0), "--context", "4"),
        "--context" + WHY.formatted(given.get(1)));
  }

  @Test
  void whereOneFileIsTextTheContextIsForIt() {
    CommandRun run =
        run("prune", "--calibration", arrow, "--test", text, "--context", "8", "--sparsity", "0.2");
    assertThat(run.code()).as(run.err()).isZero();
    refused(
        run("prune", "--calibration", arrow, "--test", text, "--sequences", "8", "--overwrite"),
        "--sequences" + WHY.formatted(arrow));
  }

  @Test
  void whatDoesNotExistIsSaidInItsOwnWords() {
    String nothing = temp.resolve("nothing.arrow").toString();
    CommandRun run = run("evaluate", "--test", nothing, "--context", "4");
    assertThat(run.err()).contains("nothing.arrow does not exist; check the path");
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void questionsSayThemselvesWhatIsAsked() throws IOException {
    String choices = temp.resolve("choices.jsonl").toString();
    Files.writeString(
        Path.of(choices), "{\"context\": \"ab\", \"choices\": [\"c\", \"d\"], \"answer\": 0}\n");
    for (String option : List.of("--context", "--text-column", "--reference", "--mask-seed")) {
      refused(
          run("evaluate", "--choices", choices, option, "4"),
          option + " is for --test, which is not given; give it, or leave the option out.");
    }
    assertThat(run("evaluate", "--choices", choices).code()).isZero();
    CommandRun both =
        run("evaluate", "--choices", choices, "--test", text, "--context", "4", "--quiet");
    assertThat(both.code()).as(both.err()).isZero();
  }
}
