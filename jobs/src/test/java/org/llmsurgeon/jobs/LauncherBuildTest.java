package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The launcher finds Java and Maven, and builds the program. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherBuildTest extends LauncherCase {
  @Test
  void linksToTheLauncherAreFollowed() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path absolute = Files.createSymbolicLink(bin.resolve("surgeon"), launcher);
    Path relative = Files.createSymbolicLink(folder.resolve("s"), Path.of("bin", "surgeon"));

    for (Path link : List.of(absolute, relative)) {
      assertThat(run(link, bin, "--dry-run", "help").out())
          .contains("jobs/target/app/")
          .contains("my\\ project");
    }
  }

  @Test
  void anOldOrMissingJavaIsRefused() throws Exception {
    Path java = program("jdk/bin/java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2");
    environment.put("JAVA_HOME", java.getParent().getParent().toString());
    refused("Java 11 is too old", "help");

    program("jdk/bin/java", "echo 'java version \"1.8.0_402\"' >&2");
    refused("Java 1 is too old", "help");

    environment.put("JAVA_HOME", folder.resolve("nowhere").toString());
    refused("Java is missing", "help");
  }

  @Test
  void theProgramIsBuiltWhenItIsMissingOrOlderThanItsSources() throws Exception {
    Path java = program("jdk/bin/java", "echo 'openjdk version \"17.0.1\"' >&2");
    environment.put("JAVA_HOME", java.getParent().getParent().toString());
    program("tools/mvn", "echo \"maven in $PWD: $*\"; touch jobs/target/app/surgeon-jobs-1.jar");
    environment.put("PATH", folder.resolve("tools") + ":" + environment.get("PATH"));

    assertThat(run(launcher, folder, "help").err()).doesNotContain("maven");

    Files.delete(root.resolve("jobs/target/app/surgeon-jobs-1.jar"));
    CommandRun built = run(launcher, folder, "help");
    assertThat(built.err())
        .contains("surgeon: building (first use)")
        .contains("maven in " + root + ": ")
        .contains("-DskipTests")
        .contains("package");
    assertThat(run(launcher, folder, "help").err()).doesNotContain("maven");
  }

  @Test
  void aMissingMavenAndAFailedBuildAreSaid() throws Exception {
    Path java = program("jdk/bin/java", "echo 'openjdk version \"21\"' >&2");
    environment.put("JAVA_HOME", java.getParent().getParent().toString());
    Files.delete(root.resolve("jobs/target/app/surgeon-jobs-1.jar"));
    program("tools/mvn", "echo 'COMPILATION ERROR'; exit 1");
    String path = environment.get("PATH");
    environment.put("PATH", folder.resolve("tools") + ":" + path);

    CommandRun failed = run(launcher, folder, "help");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err()).contains("COMPILATION ERROR").endsWith("is above.\n");

    environment.put("PATH", onlyTheseTools().toString());
    refused("Maven is missing", "help");
  }

  /** A folder with what the launcher needs, and no Maven. */
  private Path onlyTheseTools() throws IOException {
    for (String name :
        List.of("bash", "env", "dirname", "readlink", "sed", "cat", "mkdir", "find")) {
      for (String from : List.of("/bin/", "/usr/bin/")) {
        if (Files.exists(Path.of(from, name))) {
          program("few/" + name, "exec " + from + name + " \"$@\"");
        }
      }
    }
    return folder.resolve("few");
  }

  @Test
  void theLineAboutTheIncubatorModuleIsDroppedAndNothingElse() throws Exception {
    Path java =
        program(
            "jdk/bin/java",
            """
            case "$*" in *-version*) echo 'openjdk version "17"' >&2; exit 0 ;; esac
            echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
            echo 'a real warning' >&2
            printf 'no line end' >&2
            echo result
            exit 7\
            """);
    environment.put("JAVA_HOME", java.getParent().getParent().toString());

    CommandRun run = run(launcher, folder, "evaluate");

    assertThat(run.out()).isEqualTo("result\n");
    assertThat(run.code()).isEqualTo(7);
    assertThat(run.err()).isEqualTo("a real warning\nno line end");
  }
}
