package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.report.PruningReport;

/** The whole demo, and all units on its files: the README's row. */
@Tag("long")
class DemoFiguresTest {
  private static final Pattern ROW =
      Pattern.compile(
          "\\| demo, 50 %, 10 shots \\| ([0-9.]+) \\| ([0-9.]+) \\| ([0-9.]+) \\(the default:"
              + " ([0-9.]+)\\) \\|");

  @TempDir private Path parent;

  @Test
  void theDemosFiguresAreTheReadmes() throws IOException {
    Path folder = parent.resolve("demo");
    done(CommandRun.of("demo", "--output=" + folder, "--quiet"));
    Path best = parent.resolve("best");
    done(
        CommandRun.of(
            "prune",
            "--preset=best",
            "--model=" + folder.resolve("model"),
            "--calibration=" + folder.resolve("text/calibration.txt"),
            "--test=" + folder.resolve("text/test.txt"),
            "--output=" + best,
            "--sparsity=0.5",
            "--shots=10",
            "--sequences=64",
            "--quiet"));
    Matcher told = ROW.matcher(Files.readString(Checkout.file("README.md")));
    assertThat(told.find()).isTrue();
    PruningReport units = report(folder.resolve("pruned"));
    assertFigure(units.quality().densePerplexity(), told.group(1));
    assertFigure(report(folder.resolve("rows-and-columns")).perplexity(), told.group(2));
    assertFigure(report(best).perplexity(), told.group(3));
    assertFigure(units.perplexity(), told.group(4));
  }

  private static void done(CommandRun run) {
    assertThat(run.code()).as(run.err()).isZero();
  }

  private static PruningReport report(Path folder) throws IOException {
    return Json.read(Files.readAllBytes(folder.resolve(PruningReport.FILE)), PruningReport.class)
        .orElseThrow();
  }

  private static void assertFigure(double measured, String told) {
    double figure = Double.parseDouble(told);
    assertThat(measured).isCloseTo(figure, within(5e-3 * figure));
  }
}
