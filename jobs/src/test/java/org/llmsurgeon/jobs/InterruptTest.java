package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.TestJava;

/** Ctrl-C in the middle of a run, in a process of its own. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class InterruptTest {
  @TempDir private Path folder;

  private List<String> prune(Path model) throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "abcdefghij".repeat(40), StandardCharsets.UTF_8);
    return List.of(
        "prune",
        "--model",
        model.toString(),
        "--calibration",
        text.toString(),
        "--output",
        folder.resolve("pruned").toString(),
        "--sparsity",
        "0.2",
        "--shots",
        "8",
        "--sequences",
        "4",
        "--context",
        "10");
  }

  private Process start(List<String> arguments) throws IOException {
    List<String> command = TestJava.commandWithModules();
    command.add("-Dspark.master=local[1]");
    command.add("-Dlog4j2.configurationFile=" + Checkout.file("conf/log4j2.properties"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Surgeon.class.getName());
    command.addAll(arguments);
    return new ProcessBuilder(command).start();
  }

  @Test
  void aSignalStopsSparkSaysHowToGoOnAndTheSameCommandDoes() throws Exception {
    List<String> arguments = prune(TinyModelFolder.write(folder.resolve("model")).folder());
    Process process = start(arguments);
    StringBuilder said = new StringBuilder();
    try (BufferedReader err =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      String line = err.readLine();
      while (line != null) {
        said.append(line).append('\n');
        if (line.contains("shot 2/8 accumulate: ") && line.contains("task")) {
          // Not the INT of Ctrl-C: children of a shell's background job ignore that one.
          assertThat(new ProcessBuilder("kill", "-TERM", "" + process.pid()).start().waitFor())
              .isZero();
        }
        line = err.readLine();
      }
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

    assertThat(process.exitValue()).as(said.toString()).isEqualTo(143);
    assertThat(said.toString())
        .contains("Interrupted. Finished shots are kept; the same command goes on from there.")
        .doesNotContain("ERROR")
        .doesNotContain("Exception")
        .doesNotContain("Unexpected");
    assertThat(folder.resolve("pruned").resolve("model.safetensors")).doesNotExist();

    System.setProperty("spark.master", "local[1]");
    try {
      CommandRun again = CommandRun.of(arguments.toArray(String[]::new));
      assertThat(again.code()).as(again.err()).isZero();
      assertThat(again.err()).contains("going on after shot ");
    } finally {
      System.clearProperty("spark.master");
    }
  }
}
