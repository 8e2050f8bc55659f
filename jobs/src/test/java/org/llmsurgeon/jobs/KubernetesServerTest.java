package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page's commands for Kubernetes, given to its real API server, which {@code
 * SURGEON_KUBE_APISERVER} names; {@code etcd}, {@code openssl} and {@code kubectl} are on the path.
 * There are no nodes, so a pod that is taken waits.
 */
@Tag("long")
@EnabledIfEnvironmentVariable(named = "SURGEON_KUBE_APISERVER", matches = ".+")
class KubernetesServerTest {
  @TempDir Path temp;
  private final List<Process> servers = new ArrayList<>();
  private String address;

  private static String port() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return String.valueOf(socket.getLocalPort());
    }
  }

  @BeforeEach
  void start() throws Exception {
    String store = "http://127.0.0.1:" + port();
    String peers = "http://127.0.0.1:" + port();
    String port = port();
    address = "127.0.0.1:" + port;
    Path key = temp.resolve("key");
    assertThat(run("openssl", "genrsa", "-out", key.toString(), "2048")).isZero();
    Path tokens = Files.writeString(temp.resolve("tokens"), "secret,admin,admin,system:masters\n");
    Files.writeString(
        temp.resolve("config"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://%s", insecure-skip-tls-verify: true}}]
        users: [{name: u, user: {token: secret}}]
        contexts: [{name: c, context: {cluster: c, user: u}}]
        current-context: c
        """
            .formatted(address));
    List<String> etcd = new ArrayList<>(List.of("etcd", "--data-dir", temp + "/etcd"));
    etcd.addAll(List.of("--listen-client-urls", store, "--advertise-client-urls", store));
    etcd.addAll(List.of("--listen-peer-urls", peers));
    servers.add(builder(etcd).start());
    List<String> server = new ArrayList<>(List.of(System.getenv("SURGEON_KUBE_APISERVER")));
    server.addAll(List.of("--etcd-servers", store, "--cert-dir", temp + "/certificates"));
    server.addAll(List.of("--secure-port", port, "--bind-address", "127.0.0.1"));
    server.addAll(List.of("--service-cluster-ip-range", "10.0.0.0/24"));
    server.addAll(List.of("--token-auth-file", tokens.toString(), "--authorization-mode", "RBAC"));
    server.addAll(List.of("--service-account-key-file", key.toString()));
    server.addAll(List.of("--service-account-signing-key-file", key.toString()));
    server.addAll(List.of("--service-account-issuer", "https://kubernetes.default.svc"));
    servers.add(builder(server).start());
    for (int i = 0; i < 60 && run("kubectl", "get", "namespace", "default") != 0; i++) {
      Thread.sleep(2000);
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (int i = servers.size() - 1; i >= 0; i--) {
      servers.get(i).destroy();
      servers.get(i).waitFor();
    }
  }

  @Test
  void theServerTakesAccountRunAndSparksDriver() throws Exception {
    // What the Spark operator would have told the server; its fields are tested elsewhere.
    Path kind =
        Files.writeString(
            temp.resolve("kind.yaml"),
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: sparkapplications.sparkoperator.k8s.io
              # Names below k8s.io are refused without one; this is the operator's.
              annotations:
                api-approved.kubernetes.io: https://github.com/kubeflow/spark-operator/pull/1298
            spec:
              group: sparkoperator.k8s.io
              scope: Namespaced
              names: {kind: SparkApplication, plural: sparkapplications, singular: sparkapplication}
              versions:
                - {name: v1beta2, served: true, storage: true,
                   schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
            """);
    assertThat(run("kubectl", "apply", "-f", kind.toString())).as(said()).isZero();
    String established = "--for=condition=established";
    assertThat(run("kubectl", "wait", established, "crd", "--all")).as(said()).isZero();
    List<List<String>> pages = OtherCommandsTest.of("kubectl").toList();
    assertThat(pages).hasSize(2);
    for (List<String> command : pages) {
      assertThat(run(command.toArray(String[]::new))).as(said()).isZero();
    }
    assertThat(said()).contains("sparkapplication.sparkoperator.k8s.io/llm-surgeon created");

    String spark = System.getenv("SURGEON_SPARK");
    assertThat(spark).as("SURGEON_SPARK names a whole Spark 4.2").isNotNull();
    List<String> submit = new ArrayList<>(OtherCommandsTest.of("spark-submit").toList().get(0));
    submit.set(0, spark + "/bin/spark-submit");
    submit.replaceAll(word -> word.replace("HOST:PORT", address));
    for (String here :
        List.of(
            "spark.kubernetes.trust.certificates=true",
            "spark.kubernetes.submission.waitAppCompletion=false")) {
      submit.addAll(1, List.of("--conf", here));
    }
    assertThat(run(submit.toArray(String[]::new))).as(said()).isZero();
    String path = "jsonpath={.items[0].spec.serviceAccountName} {.items[0].status.phase}";
    assertThat(run("kubectl", "get", "pods", "-o", path)).isZero();
    assertThat(said()).contains("llm-surgeon Pending");

    // What the account lets the driver do.
    String account = "--as=system:serviceaccount:default:llm-surgeon";
    for (String thing : List.of("pods", "services", "configmaps", "persistentvolumeclaims")) {
      for (String verb : List.of("create", "get", "list", "watch", "deletecollection")) {
        assertThat(run("kubectl", "auth", "can-i", verb, thing, account)).as(said()).isZero();
      }
    }
    assertThat(run("kubectl", "auth", "can-i", "get", "secrets", account)).isNotZero();
  }

  private ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Checkout.file("").toFile())
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve(Path.of(command.get(0)).getFileName() + ".log").toFile());
    builder.environment().put("KUBECONFIG", temp.resolve("config").toString());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().remove("SPARK_HOME");
    return builder;
  }

  private int run(String... command) throws Exception {
    Process process =
        builder(List.of(command)).redirectOutput(temp.resolve("said").toFile()).start();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  /** What the last command has printed. */
  private String said() throws IOException {
    return Files.readString(temp.resolve("said"));
  }
}
