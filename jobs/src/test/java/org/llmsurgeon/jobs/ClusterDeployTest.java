package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.TestJava;

/**
 * {@code --deploy-mode cluster} through the launcher, on a real YARN and a real standalone cluster.
 */
@Tag("long")
@Tag("packaged")
class ClusterDeployTest {
  private static final List<String> SMALL =
      List.of(
          "--deploy-mode",
          "cluster",
          "--driver-memory",
          "800m",
          "--executor-memory",
          "600m",
          "--conf",
          "spark.executor.memoryOverhead=800m");

  @TempDir private Path temp;

  @Test
  void yarnPrunesAndSaysHowItEnded() throws Exception {
    Path local = prune("here", Map.of(), List.of("--master", "local[2]"), List.of());
    try (YarnCluster yarn = YarnCluster.start(Files.createDirectory(temp.resolve("yarn")))) {
      Map<String, String> site = Map.of("HADOOP_CONF_DIR", yarn.settings().toString());
      List<String> settings = new ArrayList<>(SMALL);
      settings.addAll(
          List.of("--conf", "spark.yarn.stagingDir=" + temp.resolve("staging").toUri()));
      settings.addAll(List.of("--conf", "spark.executor.instances=2"));
      settings.addAll(List.of("--conf", "spark.yarn.maxAppAttempts=1"));

      Path there = prune("there", site, List.of("--master", "yarn"), settings);
      assertThat(there.resolve("model.safetensors"))
          .hasSameBinaryContentAs(local.resolve("model.safetensors"));

      CommandRun refused =
          run(
              "refused",
              site,
              List.of("--master", "yarn"),
              "prune --sparsity 2".split(" "),
              settings);
      assertThat(refused.code()).isNotZero();
      assertThat(refused.err()).contains("User application exited with status 2");
    }
  }

  @Test
  void aStandaloneClusterPrunes() throws Exception {
    Path local = prune("here", Map.of(), List.of("--master", "local[2]"), List.of());
    String port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = Integer.toString(free.getLocalPort());
    }
    String master = "spark://127.0.0.1:" + port;
    Process server =
        spark("master", "Master", "--host", "127.0.0.1", "--port", port, "--webui-port", "0");
    try {
      Process worker =
          spark(
              "worker",
              "Worker",
              "--host",
              "127.0.0.1",
              "--cores",
              "3",
              "--memory",
              "6g",
              "--webui-port",
              "0",
              "--work-dir",
              temp.resolve("work").toString(),
              master);
      try {
        List<String> settings = new ArrayList<>(SMALL);
        settings.addAll(List.of("--conf", "spark.standalone.submit.waitAppCompletion=true"));
        Path there = prune("there", Map.of(), List.of("--master", master), settings);
        assertThat(there.resolve("model.safetensors"))
            .hasSameBinaryContentAs(local.resolve("model.safetensors"));
      } finally {
        worker.descendants().forEach(ProcessHandle::destroyForcibly);
        worker.destroyForcibly().waitFor();
      }
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private Process spark(String name, String server, String... arguments) throws Exception {
    List<String> command = TestJava.command();
    command.addAll(List.of("-Xmx256m", "-cp"));
    command.add(Checkout.file("pipeline/spark-home/target/jars") + "/*");
    command.add("org.apache.spark.deploy." + name + "." + server);
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve(name + ".log").toFile());
    Path home = Checkout.file("pipeline/spark-home/target");
    builder.environment().put("SPARK_HOME", home.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    return builder.start();
  }

  private Path prune(
      String name, Map<String, String> environment, List<String> master, List<String> settings)
      throws Exception {
    Path demo = Checkout.file("jobs/src/main/resources/demo");
    Path output = temp.resolve(name);
    String[] arguments = {
      "prune",
      "--model",
      demo.resolve("model").toString(),
      "--calibration",
      demo.resolve("text/calibration.txt").toString(),
      "--output",
      output.toString(),
      "--sparsity",
      "0.1",
      "--shots",
      "2",
      "--sequences",
      "4",
      "--context",
      "32"
    };
    CommandRun run = run(name, environment, master, arguments, settings);
    assertThat(run.code()).as(run.err()).isZero();
    return output;
  }

  /** Runs the launcher; both streams are kept in files, since children may outlive it. */
  private CommandRun run(
      String name,
      Map<String, String> environment,
      List<String> master,
      String[] arguments,
      List<String> settings)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(Checkout.file("jobs/surgeon").toString()));
    command.addAll(master);
    command.addAll(List.of(arguments));
    if (!settings.isEmpty()) {
      command.add("--");
      command.addAll(settings);
    }
    Path out = temp.resolve(name + ".out");
    Path err = temp.resolve(name + ".err");
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
