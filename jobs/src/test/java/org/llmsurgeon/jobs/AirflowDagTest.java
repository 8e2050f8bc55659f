package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The DAG in a real Airflow 3, with the real {@code spark-submit}: success, nothing to do, killed
 * and resumed, failed and resumed, wrong input. Needs a Python with {@code apache-airflow} and
 * {@code apache-airflow-providers-apache-spark}, which {@code SURGEON_AIRFLOW_PYTHON} names.
 */
@Tag("packaged")
class AirflowDagTest {
  private static final List<String> CASES =
      List.of(
          "success",
          "published",
          "nothing to do",
          "killed and resumed",
          "same bytes",
          "failed with exit code 1 and resumed",
          "wrong input is not tried again");

  @TempDir Path temp;

  @Test
  void aRealAirflowRunsResumesAndRefuses() throws Exception {
    String python = System.getenv().getOrDefault("SURGEON_AIRFLOW_PYTHON", "python3");
    assumeTrue(
        run(Map.of(), "probe", python, "-c", "import airflow.providers.apache.spark") == 0,
        "no Python with Airflow; set SURGEON_AIRFLOW_PYTHON");
    Path app = Checkout.file("jobs/target/app");
    Path own = jars(app, true).findFirst().orElseThrow();
    Path airflow = Files.createDirectory(temp.resolve("airflow"));
    Map<String, String> environment =
        Map.of(
            "AIRFLOW_HOME", airflow.toString(),
            "AIRFLOW__CORE__LOAD_EXAMPLES", "False",
            "AIRFLOW__CORE__DAGS_FOLDER", Checkout.file("jobs/airflow").toString(),
            "PYTHONPATH", Checkout.file("jobs/airflow").toString(),
            "PATH", sparkSubmit() + ":" + Path.of(python).getParent() + ":" + System.getenv("PATH"),
            "SURGEON_APPLICATION", own.toString(),
            "SURGEON_JARS", jars(app, false).map(Path::toString).collect(Collectors.joining(",")),
            "SURGEON_PROPERTIES", Checkout.file("conf/spark-cluster.conf").toString(),
            "SURGEON_RETRY_SECONDS", "1",
            "AIRFLOW_CONN_SPARK_DEFAULT", "{\"conn_type\": \"spark\", \"host\": \"local[2]\"}");
    assertThat(run(environment, "migrate", python, "-m", "airflow", "db", "migrate")).isZero();

    Path demo = Checkout.file("jobs/src/main/resources/demo");
    int code =
        run(
            environment,
            "check",
            python,
            Checkout.file("jobs/src/test/resources/airflow/check_dag.py").toString(),
            demo.resolve("model").toString(),
            beginning(demo.resolve("text/calibration.txt"), 40_000),
            beginning(demo.resolve("text/test.txt"), 8_000),
            Files.createDirectory(temp.resolve("out")).toString());
    List<String> said = Files.readAllLines(temp.resolve("check.log"));
    assertThat(
            said.stream().filter(line -> line.startsWith("HELD ")).map(line -> line.substring(5)))
        .as(() -> String.join("\n", said.subList(Math.max(0, said.size() - 40), said.size())))
        .containsExactlyElementsOf(CASES);
    assertThat(code).isZero();
  }

  /** A part of a text is enough: what is tried here is what happens around the program. */
  private String beginning(Path text, int characters) throws Exception {
    return Files.writeString(
            temp.resolve(text.getFileName()), Files.readString(text).substring(0, characters))
        .toString();
  }

  private static Stream<Path> jars(Path app, boolean own) throws Exception {
    try (Stream<Path> files = Files.list(app)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("surgeon-jobs-") == own)
          .sorted()
          .toList()
          .stream();
    }
  }

  /** A folder with Spark's own submit program under the name that Airflow knows. */
  private Path sparkSubmit() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("bin"));
    Path script =
        Files.writeString(
            folder.resolve("spark-submit"),
            "#!/bin/sh\nexec '"
                + ProcessHandle.current().info().command().orElse("java")
                + "' -cp '"
                + Checkout.file("pipeline/spark-home/target/jars")
                + "/*' -Xmx1g -XX:+UseSerialGC "
                + Checkout.javaModules()
                + " org.apache.spark.deploy.SparkSubmit \"$@\"\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return folder;
  }

  private int run(Map<String, String> environment, String name, String... command)
      throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve(name + ".log").toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(15, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }
}
