package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code jobs/surgeon} of this project, with the program's jars as they are built. */
final class RealLauncher {
  private RealLauncher() {}

  /**
   * Runs it; both streams are kept in files, since children may outlive it.
   *
   * @param folder where these files lie
   * @param name of these files
   * @param environment set besides
   * @param words its arguments
   */
  static CommandRun run(
      Path folder, String name, Map<String, String> environment, List<String> words)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(Checkout.file("jobs/surgeon").toString()));
    command.addAll(words);
    Path out = folder.resolve(name + ".out");
    Path err = folder.resolve(name + ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(15, TimeUnit.MINUTES)).isTrue();
    return new CommandRun(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }
}
