package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.pipeline.ComparedRun;

/** What {@code compare} refuses, and its table. */
class CompareCommandTest {
  @Test
  void aSparsityThatIsNoNumberIsOneSentence() {
    CommandRun run =
        CommandRun.of(
            "compare",
            "--model",
            "m",
            "--calibration",
            "c",
            "--test",
            "t",
            "--output",
            "o",
            "--sparsity",
            "0.1,half");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("'half'");
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
