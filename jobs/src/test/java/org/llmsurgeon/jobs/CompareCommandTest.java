package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.pipeline.ComparedRun;

/** What {@code compare} refuses, and its table. */
class CompareCommandTest {
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
  @CsvSource({"--methods", "--sparsity", "--shots", "--curvature", "--update"})
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

  @Test
  void theTableAndTheValuesHaveALineForEachRun() {
    List<ComparedRun> runs =
        List.of(
            new ComparedRun("wanda", "activations", "none", 0.5, 1, 0.5, 41.25, 1.5, 2, 1L << 20));
    assertThat(ComparisonTable.text(runs)).contains("wanda").contains("41.2500");
    assertThat(ComparisonTable.csv(runs).lines())
        .containsExactly(
            "method,curvature,update,sparsity,shots,removed,perplexity,seconds,measuring_seconds,"
                + "peak_bytes",
            "wanda,activations,none,0.5,1,0.5,41.25,1.5,2.0,1048576");
  }
}
