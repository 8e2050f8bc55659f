package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
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

/**
 * The files of jobs/kubernetes fit the APIs of Kubernetes and of the Spark operator, each other,
 * the settings and the command line.
 */
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

  /** Strict: what the classes of Kubernetes' own API do not have is refused. */
  private static final ObjectMapper KUBERNETES =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                @Override
                public Boolean hasAnySetter(Annotated member) {
                  return false;
                }
              })
          .build();

  /** Strict: the API of the Spark operator. */
  private static Schema operator() throws IOException {
    try (InputStream schema =
        KubernetesManifestTest.class.getResourceAsStream(
            "/kubernetes/spark-application.schema.json")) {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(new String(schema.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void theApplicationFitsTheOperatorsApi() throws IOException {
    JsonNode application =
        new ObjectMapper().valueToTree(documents("spark-application.yaml").get(0));
    assertThat(operator().validate(application)).isEmpty();
    JsonNode spec = application.path("spec");
    for (JsonNode volume : spec.path("volumes")) {
      assertThat(KUBERNETES.treeToValue(volume, Volume.class).getName()).isNotBlank();
    }
    for (String pod : List.of("driver", "executor")) {
      for (JsonNode mount : spec.path(pod).path("volumeMounts")) {
        assertThat(KUBERNETES.treeToValue(mount, VolumeMount.class).getMountPath()).isNotBlank();
      }
    }
    ((ObjectNode) spec.path("executor")).put("memoryOverheads", "8g").put("instances", 0);
    assertThat(operator().validate(application))
        .extracting(Object::toString)
        .anyMatch(each -> each.contains("memoryOverheads"))
        .anyMatch(each -> each.contains("instances"))
        .hasSize(2);
  }

  @Test
  void accountAndVolumeFitKubernetesApi() throws IOException {
    Map<String, Class<? extends HasMetadata>> kinds =
        Map.of(
            "ServiceAccount", ServiceAccount.class,
            "Role", Role.class,
            "RoleBinding", RoleBinding.class,
            "PersistentVolumeClaim", PersistentVolumeClaim.class);
    for (Map<?, ?> each : documents("account.yaml")) {
      ObjectNode document = new ObjectMapper().valueToTree(each);
      HasMetadata read =
          KUBERNETES.treeToValue(document, kinds.get(document.path("kind").asText()));
      assertThat(read.getApiVersion()).isEqualTo(HasMetadata.getApiVersion(read.getClass()));
      assertThat(read.getMetadata().getName()).isEqualTo("llm-surgeon");
      document.put("rule", "misspelt");
      assertThatThrownBy(() -> KUBERNETES.treeToValue(document, read.getClass()))
          .hasMessageContaining("rule");
    }
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
