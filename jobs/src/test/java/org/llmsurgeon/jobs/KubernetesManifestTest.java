package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The files of jobs/kubernetes fit each other, the settings and the command line. */
class KubernetesManifestTest {
  private static final String FOLDER = "jobs/kubernetes/";

  private static List<Map<?, ?>> documents(String name) throws IOException {
    Load load = new Load(LoadSettings.builder().build());
    Iterable<Object> all = load.loadAllFromString(Files.readString(Checkout.file(FOLDER + name)));
    return StreamSupport.stream(all.spliterator(), false)
        .<Map<?, ?>>map(each -> (Map<?, ?>) each)
        .collect(Collectors.toList());
  }

  private static Map<?, ?> part(Map<?, ?> of, String name) {
    return (Map<?, ?>) of.get(name);
  }

  @Test
  void settingsAreThoseOfAnyCluster() throws IOException {
    Properties cluster = new Properties();
    try (var file = Files.newBufferedReader(Checkout.file("conf/spark-cluster.conf"))) {
      cluster.load(file);
    }
    Map<?, ?> spec = part(documents("spark-application.yaml").get(0), "spec");
    // The operator has fields of its own for these.
    for (String[] field :
        new String[][] {
          {"driver", "memory", "spark.driver.memory"},
          {"executor", "memory", "spark.executor.memory"},
          {"executor", "memoryOverhead", "spark.executor.memoryOverhead"}
        }) {
      assertThat(part(spec, field[0]).get(field[1])).isEqualTo(cluster.remove(field[2]));
    }
    assertThat(part(spec, "sparkConf")).isEqualTo(cluster);
  }

  @Test
  void theImageHasWhatTheApplicationRuns() throws IOException {
    Map<?, ?> spec = part(documents("spark-application.yaml").get(0), "spec");
    String jar = spec.get("mainApplicationFile").toString().replace("local://", "");
    assertThat(Files.readString(Checkout.file(FOLDER + "Dockerfile"))).contains(" " + jar + "\n");
    assertThat(spec.get("mainClass")).isEqualTo(Surgeon.class.getName());
    String version =
        Files.readString(Checkout.file("pom.xml")).split("<spark.version>|</spark.version>")[1];
    assertThat(spec.get("sparkVersion")).isEqualTo(version);
    assertThat(Files.readString(Checkout.file(FOLDER + "Dockerfile")))
        .contains("apache/spark:" + version + "-");

    List<String> arguments =
        ((List<?>) spec.get("arguments")).stream().map(Object::toString).toList();
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.err()).as("refused for the missing model alone").contains("/data/");
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void accountAndVolumeAreTheOnesThatTheApplicationNames() throws IOException {
    Map<?, ?> spec = part(documents("spark-application.yaml").get(0), "spec");
    Set<String> made =
        documents("account.yaml").stream()
            .map(each -> each.get("kind") + " " + part(each, "metadata").get("name"))
            .collect(Collectors.toSet());
    Map<?, ?> volume = (Map<?, ?>) ((List<?>) spec.get("volumes")).get(0);
    assertThat(made)
        .contains("ServiceAccount " + part(spec, "driver").get("serviceAccount"))
        .contains(
            "PersistentVolumeClaim " + part(volume, "persistentVolumeClaim").get("claimName"));
  }
}
