package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image, built by the command of the page in a real builder, prunes. {@code SURGEON_DOCKER}
 * names a {@code docker} or what takes its commands; {@code SURGEON_DOCKER_BUILD} has more options
 * of its {@code build}, such as {@code --network host}.
 */
@Tag("long")
@EnabledIfEnvironmentVariable(named = "SURGEON_DOCKER", matches = ".+")
class ImageTest {
  /** Spark's submit program, by its class as by its script. */
  private static final String SUBMIT =
      "java -Xmx1g $(sed -n 's/^spark.driver.extraJavaOptions *//p'"
          + " /opt/surgeon/spark-cluster.conf) -cp \"$SPARK_HOME/jars/*\""
          + " org.apache.spark.deploy.SparkSubmit --master 'local[2]' --properties-file"
          + " /opt/surgeon/spark-cluster.conf --class "
          + Surgeon.class.getName()
          + " /opt/surgeon/surgeon.jar prune --model /data/model --calibration"
          + " /data/text/calibration.txt --test /data/text/test.txt --output /out/pruned"
          + " --sparsity 0.2 --shots 1 --sequences 8 --context 32";

  @TempDir Path temp;

  @Test
  void theImageIsBuiltAndPrunes() throws Exception {
    String docker = System.getenv("SURGEON_DOCKER");
    List<String> page = OtherCommandsTest.of("docker").findFirst().orElseThrow();
    String image = page.get(page.indexOf("-t") + 1);
    List<String> build = new ArrayList<>(page);
    build.set(0, docker);
    String more = System.getenv().getOrDefault("SURGEON_DOCKER_BUILD", "");
    build.addAll(2, Stream.of(more.split(" ")).filter(word -> !word.isEmpty()).toList());
    assertThat(run("build", build)).as(() -> log("build")).isZero();

    Path out = Files.createDirectory(temp.resolve("out"));
    // The image's user is not this one.
    Files.setPosixFilePermissions(out, PosixFilePermissions.fromString("rwxrwxrwx"));
    List<String> prune = new ArrayList<>(List.of(docker, "run", "--rm", "--network", "host"));
    prune.addAll(List.of("-v", Checkout.file("jobs/src/main/resources/demo") + ":/data:ro"));
    prune.addAll(List.of("-v", out + ":/out", image, "sh", "-c", SUBMIT));
    assertThat(run("prune", prune)).as(() -> log("prune")).isZero();
    assertThat(out.resolve("pruned/model.safetensors")).isRegularFile();
    assertThat(log("prune")).contains("Took").doesNotContain(" INFO ");
  }

  private int run(String name, List<String> command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .directory(Checkout.file("").toFile())
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve(name).toFile())
            .start();
    assertThat(process.waitFor(30, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private String log(String name) {
    try {
      return Files.readString(temp.resolve(name));
    } catch (java.io.IOException failure) {
      throw new java.io.UncheckedIOException(failure);
    }
  }
}
