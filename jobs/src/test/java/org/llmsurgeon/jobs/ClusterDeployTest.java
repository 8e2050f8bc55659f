package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    try (StandaloneCluster cluster = StandaloneCluster.start(temp, 3, "6g")) {
      List<String> settings = new ArrayList<>(SMALL);
      settings.addAll(List.of("--conf", "spark.standalone.submit.waitAppCompletion=true"));
      Path there = prune("there", Map.of(), List.of("--master", cluster.address()), settings);
      assertThat(there.resolve("model.safetensors"))
          .hasSameBinaryContentAs(local.resolve("model.safetensors"));
    }
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

  private CommandRun run(
      String name,
      Map<String, String> environment,
      List<String> master,
      String[] arguments,
      List<String> settings)
      throws Exception {
    List<String> words = new ArrayList<>(master);
    words.addAll(List.of(arguments));
    if (!settings.isEmpty()) {
      words.add("--");
      words.addAll(settings);
    }
    return RealLauncher.run(temp, name, environment, words);
  }
}
