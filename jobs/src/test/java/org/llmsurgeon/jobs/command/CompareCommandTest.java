package org.llmsurgeon.jobs.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.jobs.CommandRun;
import org.llmsurgeon.jobs.TinyModelFolder;
import org.llmsurgeon.jobs.terminal.ComparisonTable;
import org.llmsurgeon.pipeline.compare.ComparedRun;
import org.llmsurgeon.pipeline.evaluate.ChoiceResult;

/** What {@code compare} refuses, and its table. */
class CompareCommandTest {
  @TempDir private Path temp;

  @Test
  void aSparsityThatIsNoNumberIsOneSentence() {
    CommandRun run = run("--sparsity", "0.1,half");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("'half'");
  }

  private static CommandRun run(String option, String value) {
    return CommandRun.of(
        "compare",
        "--output",
        "o",
        "--model",
        "m",
        "--calibration",
        "c",
        "--test",
        "t",
        option,
        value);
  }

  @ParameterizedTest
  @CsvSource({
    "--methods",
    "--sparsity",
    "--shots",
    "--curvature",
    "--update",
    "--threshold",
    "--reconstruct",
    "--correct"
  })
  void anEmptyListIsOneSentence(String option) {
    CommandRun run = run(option, " , ");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().strip()).hasLineCount(1).contains(option + " is empty; give at least one");
  }

  @Test
  void anUnknownOptionAfterAListOfFilesIsOneSentence() {
    CommandRun run = run("--treshold", "layer");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().strip())
        .hasLineCount(1)
        .contains("There is no option '--treshold'; did you mean '--threshold'?");
  }

  /** The dense model's own row is of what the others are measured on. */
  @Test
  void anotherColumnOfTheSameTextIsAnotherDensePerplexity() throws Exception {
    String line = "{\"text\": \"abababab\", \"other\": \"jihgfedcba\"}\n";
    Path text = Files.writeString(temp.resolve("text.jsonl"), line.repeat(20));
    String model = TinyModelFolder.write(temp.resolve("model")).folder().toString();
    assertThat(dense(model, text, "text")).isNotEqualTo(dense(model, text, "other"));
  }

  private double dense(String model, Path text, String column) throws Exception {
    Path output = temp.resolve("compared");
    CommandRun run =
        CommandRun.of(
            ("compare --quiet --methods magnitude --structures row,column --sparsity 0.2 --shots 1"
                    + " --context 8 --sequences 4 --text-column %s --model %s --calibration %s"
                    + " --test %s --output %s")
                .formatted(column, model, text, text, output)
                .split(" "));
    assertThat(run.code()).as(run.err()).isZero();
    return new ObjectMapper()
        .readTree(output.resolve("compare.json").toFile())
        .findValue("perplexity")
        .asDouble();
  }

  @Test
  void theTableHasALineForEachRunAndSaysWhatFailed() {
    ComparedRun wanda =
        new ComparedRun(
            new ComparedRun.Way("wanda", "activations", "none", 0.5, 1, "layer", "none"),
            new ComparedRun.Outcome(0.5, 41.25, 1.5, 2.0, 1L << 20, new ChoiceResult(8, 0.25, 0.5)),
            null);
    String done = ComparisonTable.text(List.of(wanda));
    assertThat(done)
        .contains("wanda", "41.2500", "Normalised", "25.00 %", "50.00 %")
        .doesNotContain("Not done");
    ComparedRun failed =
        new ComparedRun(
            new ComparedRun.Way("surgeon", "ekfac", "joint", 0.5, 1, "global", "none"),
            new ComparedRun.Outcome(null, null, null, null, null, null),
            new ComparedRun.Failure("It has no joint costs.", true));
    assertThat(ComparisonTable.text(List.of(wanda, failed)).lines())
        .hasSize(4)
        .anySatisfy(line -> assertThat(line).endsWith("Not done because"))
        .anySatisfy(line -> assertThat(line).contains("ekfac").endsWith("It has no joint costs."));
  }

  @Test
  void aRunThatFailsIsNamedAtTheEndAndTheOthersAreInTheTables() throws Exception {
    TinyModelFolder model = TinyModelFolder.write(temp.resolve("model"));
    Path text = Files.writeString(temp.resolve("text.txt"), "abcdefghij".repeat(40));
    List<String> arguments =
        List.of(
            "compare",
            "--quiet",
            "--model",
            model.folder().toString(),
            "--calibration",
            text.toString(),
            "--test",
            text.toString(),
            "--output",
            temp.resolve("out").toString(),
            "--structures",
            "row,column",
            "--methods",
            "wanda,obs,k-obd",
            "--sparsity",
            "0.2",
            "--damp-g",
            "0",
            "--damp-a",
            "0",
            "--sequences",
            "1",
            "--context",
            "4");
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isEqualTo(2);
    assertThat(run.err().strip())
        .hasLineCount(1)
        .contains("2 of 3 runs failed")
        .contains("wanda to 20.0 % (activations, update none, 1 shot, each layer for itself)")
        .contains("obs to 20.0 % (activations, update joint, 1 shot)");
    // The one is refused at the start, the other's four tokens are too few for an inverse
    assertThat(run.out())
        .contains("Wanda and SparseGPT prune single weights")
        .contains("is not positive definite");
    assertThat(Files.readAllLines(temp.resolve("out/compare.csv")))
        .hasSize(5)
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith(
                        "wanda,activations,none,0.2,1,layer,none,,,,,,,,,\"Wanda and SparseGPT"
                            + " prune"))
        .anySatisfy(line -> assertThat(line).startsWith("k-obd,kfac,none,0.2,1,global,none,0."));
    assertThat(temp.resolve("out/compare.json")).isNotEmptyFile();
  }
}
