package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.TestJava;

/** What a plain {@code spark-submit} without log settings prints, as in an image of Spark. */
class SubmittedLogTest {
  @TempDir Path temp;

  @Test
  void sparkLogsNoLinesOfItsOwn() throws Exception {
    // The tests' own log settings lie in their folder, which Spark would take.
    String programs =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(each -> !each.endsWith("test-classes") && !each.endsWith("-tests.jar"))
            .collect(Collectors.joining(File.pathSeparator));
    scores(temp, programs, "spark-internal");
  }

  /**
   * Scores the demo's model through Spark's submit program, of which nothing is to be heard.
   *
   * @param temp where the scores are written
   * @param programs the class path, with Spark
   * @param application the jar that has the program; {@code spark-internal} where the class path
   *     does
   */
  static void scores(Path temp, String programs, String application) throws Exception {
    Path settings = Checkout.file("conf/spark-cluster.conf");
    Properties cluster = new Properties();
    try (var file = Files.newBufferedReader(settings)) {
      cluster.load(file);
    }
    List<String> command = TestJava.command();
    command.add("-Xmx1g");
    command.addAll(List.of(cluster.getProperty("spark.driver.extraJavaOptions").split(" ")));
    Path demo = Checkout.file("jobs/src/main/resources/demo");
    command.addAll(List.of("-cp", programs, "org.apache.spark.deploy.SparkSubmit"));
    command.addAll(List.of("--master", "local[1]", "--properties-file", settings.toString()));
    command.addAll(List.of("--class", Surgeon.class.getName()));
    command.addAll(List.of("--conf", "spark.ui.enabled=false", application, "scores"));
    command.addAll(List.of("--model", demo.resolve("model").toString(), "--calibration"));
    command.addAll(List.of(demo.resolve("text/calibration.txt").toString(), "--sequences", "2"));
    command.addAll(List.of("--context", "16", "--output", temp + "/scores.safetensors"));
    Path log = temp.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().remove("SPARK_CONF_DIR");
    builder.environment().remove("SPARK_HOME");
    Process process = builder.start();
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();

    assertThat(process.exitValue()).as(() -> read(log)).isZero();
    assertThat(temp.resolve("scores.safetensors")).isRegularFile();
    assertThat(read(log)).contains("score: done").doesNotContain(" INFO ");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException failure) {
      throw new java.io.UncheckedIOException(failure);
    }
  }
}
