package org.llmsurgeon.jobs.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pipeline.cluster.RunFailedException;

class FailuresTest {
  private final StringWriter text = new StringWriter();

  private int report(Throwable problem) {
    return Failures.report(problem, new PrintWriter(text));
  }

  @Test
  void badInputIsItsOwnSentenceAndTwoHoweverDeepItLies() {
    Exception wrapped =
        new RuntimeException("Job aborted", new IllegalStateException(new InputException("No x.")));

    assertThat(report(wrapped)).isEqualTo(2);
    assertThat(text.toString()).isEqualToIgnoringNewLines("surgeon: No x.");
  }

  @Test
  void aRunThatFailedIsItsOwnSentenceAndOne() {
    assertThat(report(new RunFailedException("shot 3/40 cut failed: lost", new Exception("x"))))
        .isEqualTo(1);
    assertThat(text.toString()).isEqualToIgnoringNewLines("surgeon: shot 3/40 cut failed: lost.");
  }

  @Test
  void numbersThatBreakDownAreOneSentence() {
    assertThat(report(new NonFiniteException("layer.0", "sum of A at [1, 2]"))).isEqualTo(1);
    assertThat(report(new NotPositiveDefiniteException("G of layer.1", 3, new double[] {1, 2})))
        .isEqualTo(1);
    assertThat(text.toString().lines())
        .hasSize(2)
        .allMatch(line -> line.startsWith("surgeon: "))
        .anyMatch(line -> line.contains("layer.0"))
        .anyMatch(line -> line.contains("layer.1"));
  }

  @Test
  void aFullDiskIsOneSentenceAndOneHoweverDeepItLies() {
    Exception full = new java.io.IOException("No space left on device");

    assertThat(report(new java.io.UncheckedIOException("x", new java.io.IOException("y", full))))
        .isEqualTo(1);
    assertThat(text.toString())
        .startsWith("surgeon: the disk of this machine is full; make room")
        .hasLineCount(1);
  }

  @Test
  void anythingElseIsUnexpectedAndOne() {
    assertThat(report(new IllegalStateException("two\nlines"))).isEqualTo(1);
    assertThat(text.toString())
        .isEqualToIgnoringNewLines("surgeon: Unexpected error, logged above: two lines.");
  }

  @Test
  void tooLittleMemorySaysHowToGiveMore() {
    assertThat(report(new OutOfMemoryError("Java heap space"))).isEqualTo(1);
    assertThat(text.toString()).contains("Java heap space").contains("--driver-memory");
  }
}
