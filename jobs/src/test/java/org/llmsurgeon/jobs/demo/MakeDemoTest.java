package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The tool makes what a demo needs, compares it with n-grams, and replaces nothing. */
class MakeDemoTest {
  private static final int FAILED = 1;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir private Path parent;

  @Test
  void aShortTrainingMakesAllFilesAndATable() {
    Path folder = parent.resolve("made");
    assertThat(run("--output", folder.toString(), "--steps", "4", "--seed", "5")).isZero();
    DemoFiles.GIVEN.forEach(name -> assertThat(folder.resolve(name)).isNotEmptyFile());
    DemoFiles.MADE.forEach(name -> assertThat(folder.resolve(name)).isNotEmptyFile());
    assertThat(out.toString()).contains("unigram", "trigram", "5-gram", "network", "made");
  }

  @Test
  void aFolderThatExistsIsLeftAsItIs() throws IOException {
    Files.writeString(parent.resolve("notes.txt"), "mine");
    assertThat(run("--output", parent.toString(), "--steps", "4")).isEqualTo(FAILED);
    assertThat(err.toString()).contains(parent.toString(), "exists");
    assertThat(parent).isDirectoryContaining("glob:**notes.txt");
    assertThat(parent.resolve(DemoFiles.MODEL)).doesNotExist();
  }

  @Test
  void noStepsAreRefused() {
    Path folder = parent.resolve("made");
    assertThat(run("--output", folder.toString(), "--steps", "0")).isEqualTo(FAILED);
    assertThat(err.toString()).contains("--steps is 0");
    assertThat(folder).doesNotExist();
  }

  private int run(String... arguments) {
    return new CommandLine(new MakeDemo())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }
}
