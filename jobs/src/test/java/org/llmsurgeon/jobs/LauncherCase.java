package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The bash launcher, in a copy of the project's folders whose name has a space. */
abstract class LauncherCase {
  @TempDir Path folder;

  final Map<String, String> environment = new TreeMap<>();
  Path root;
  Path launcher;

  @BeforeEach
  void copyLauncher() throws IOException {
    root = folder.toRealPath().resolve("my project");
    launcher = root.resolve("jobs").resolve("surgeon");
    Path app = root.resolve("jobs/target/app");
    Files.createDirectories(app);
    Files.createDirectories(root.resolve("pipeline/spark-home/target/jars"));
    Files.copy(Checkout.file("jobs/surgeon"), launcher);
    launcher.toFile().setExecutable(true);
    for (String jar : List.of("a.jar", "b.jar", "surgeon-jobs-1.jar")) {
      Files.createFile(app.resolve(jar));
    }
    environment.put("PATH", System.getenv("PATH"));
  }

  final CommandRun run(Path script, Path directory, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    return process(directory, command);
  }

  /**
   * Runs a command and waits until nobody can write to its standard error any more: the launcher
   * passes that on from another process, and Java forgets what comes after its own child has ended.
   */
  final CommandRun process(Path directory, List<String> command) throws Exception {
    Path err = Files.createTempFile(folder, "run", ".err");
    String waiting = "{ \"$@\" 2>&1 >&3 3>&- | /bin/cat >\"$0\"; exit ${PIPESTATUS[0]}; } 3>&1";
    List<String> whole = new ArrayList<>(List.of("/bin/bash", "-c", waiting, err.toString()));
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new CommandRun(process.exitValue(), out, Files.readString(err));
  }

  /** The words of the command that a dry run prints, as a shell reads them again. */
  final List<String> dryRun(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("--dry-run"));
    all.addAll(List.of(arguments));
    CommandRun run = run(launcher, folder, all.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out().lines()).hasSize(1);
    CommandRun words =
        process(
            folder,
            List.of("bash", "-c", "eval \"set -- $1\"; printf '%s\\n' \"$@\"", "-", run.out()));
    return words.out().lines().toList();
  }

  final void refused(String sentence, String... arguments) throws Exception {
    CommandRun run = run(launcher, folder, arguments);
    assertThat(run.err()).contains(sentence);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(2);
  }

  final Path program(String name, String script) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + script + "\n", StandardCharsets.UTF_8);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }
}
