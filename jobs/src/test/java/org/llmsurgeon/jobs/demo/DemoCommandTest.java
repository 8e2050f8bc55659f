package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.report.PruningReport;
import picocli.CommandLine;

/** A short demo prunes the shipped model in every way, and says what became of it. */
class DemoCommandTest {
  @TempDir private Path parent;

  @Test
  void aDemoLeavesModelsAndReportsAndShowsThem() throws IOException {
    Path folder = parent.resolve("demo");
    String out = run(folder);
    assertThat(out)
        .contains("dense")
        .contains("neurons, heads, groups, 1 shot")
        .contains("rows and columns, 1 shot")
        .contains("magnitude")
        .containsPattern("(?m)^magnitude.* (49\\.9\\d|50\\.00) %")
        .contains("The sailor Clara lived near the mill.")
        .contains(folder.toString());
    byte[] dense = Files.readAllBytes(folder.resolve(DemoFiles.WEIGHTS));
    for (String made :
        List.of(DemoFolder.UNITS, DemoFolder.ROWS_AND_COLUMNS, DemoFolder.MAGNITUDE)) {
      Path model = folder.resolve(made);
      assertThat(model.resolve(PruningReport.FILE)).isNotEmptyFile();
      assertThat(Files.readAllBytes(model.resolve("model.safetensors"))).isNotEqualTo(dense);
    }
  }

  private static String run(Path folder) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        new CommandLine(new DemoCommand(1, 8))
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute("--output", folder.toString());
    assertThat(code).as(err.toString()).isZero();
    return out.toString();
  }
}
