package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.report.PruningReport;

/** The whole demo, and all units on its files: the README's row, and what the tutorial shows. */
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
    CommandRun demo = CommandRun.of("demo", "--output=" + folder, "--quiet");
    done(demo);
    assertShows(Files.readString(Checkout.file("src/site/markdown/tutorial.md")), demo.out());
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

  /** The tables that the page shows, but for how fast it was. */
  private static void assertShows(String page, String printed) {
    List<String> shown = page.lines().dropWhile(line -> !line.startsWith("model  ")).toList();
    List<String> tables = shown.subList(0, shown.indexOf("```"));
    List<String> lines = printed.lines().toList();
    int start = lines.indexOf(tables.get(0));
    assertThat(start).as(printed).isNotNegative();
    for (int i = 0; i < tables.size(); i++) {
      String[] told = tables.get(i).split(" {2,}");
      String[] said = lines.get(start + i).split(" {2,}");
      assertThat(said).as(printed).hasSameSizeAs(told);
      boolean ofTime = told[0].startsWith("tokens per second") || told[0].startsWith("--");
      assertThat(said[0]).startsWith(ofTime ? told[0].substring(0, 2) : told[0]);
      for (int cell = 1; cell < told.length && !ofTime; cell++) {
        if (told[cell].matches("[0-9]+[.][0-9]+")) {
          assertFigure(Double.parseDouble(said[cell]), told[cell]);
        } else {
          assertThat(said[cell]).isEqualTo(told[cell]);
        }
      }
    }
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
