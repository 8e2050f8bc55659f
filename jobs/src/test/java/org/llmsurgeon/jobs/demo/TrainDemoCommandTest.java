package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.jobs.Surgeon;

/** The command makes what a demo needs, compares it with n-grams, and replaces nothing. */
class TrainDemoCommandTest {
  private static final int BAD_INPUT = 2;

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
    assertThat(run("--output", parent.toString(), "--steps", "4")).isEqualTo(BAD_INPUT);
    assertThat(err.toString()).contains(parent.toString(), "exists");
    assertThat(parent).isDirectoryContaining("glob:**notes.txt");
    assertThat(parent.resolve(DemoFiles.MODEL)).doesNotExist();
  }

  @Test
  void noStepsAreRefused() {
    Path folder = parent.resolve("made");
    assertThat(run("--output", folder.toString(), "--steps", "0")).isEqualTo(BAD_INPUT);
    assertThat(err.toString()).contains("--steps is 0");
    assertThat(folder).doesNotExist();
  }

  private int run(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "train-demo";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Surgeon.run(new PrintWriter(out), new PrintWriter(err), all);
  }
}
