package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.jobs.runtime.ExecutorWatch;
import org.llmsurgeon.pipeline.TestJava;

/** What is said at the start where a cluster or its Java lacks something. */
class ClusterStartTest {
  private static final Pattern TOOK =
      Pattern.compile("(?m)^Took (?:(\\d+) min )?([\\d.]+) s from start to end\\.$");

  /** Output of a Java of its own, without our options. */
  static String run(List<String> options, String... arguments) throws Exception {
    List<String> command =
        Stream.of(
                TestJava.command().stream(),
                options.stream(),
                Stream.of("-cp", System.getProperty("java.class.path"), Surgeon.class.getName()),
                Stream.of(arguments))
            .flatMap(each -> each)
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return said + "exit " + process.waitFor();
  }

  @Test
  void aJavaWithoutItsOptionsIsRefusedAndTheOptionsAreNamed() throws Exception {
    String opened =
        Stream.of(Checkout.javaModules().split(" "))
            .filter(option -> option.startsWith("--add-"))
            .collect(Collectors.joining(" "));
    assertThat(opened.split(" ")).hasSizeGreaterThan(3);
    assertThat(run(List.of(), "inspect", "--model", "src/main/resources/demo/model"))
        .contains("was started without " + opened + ";")
        .contains("spark.driver.extraJavaOptions")
        .endsWith("exit 2");
  }

  /** Options of a driver's Java in the settings for clusters. */
  static List<String> clusterOptions() throws Exception {
    String line =
        java.nio.file.Files.readAllLines(Checkout.file("conf/spark-cluster.conf")).stream()
            .filter(each -> each.startsWith("spark.driver.extraJavaOptions"))
            .findFirst()
            .orElseThrow();
    return List.of(line.split(" +")).subList(1, line.split(" +").length);
  }

  /** Stages, tasks, what is chosen and what is kept, beside the progress. */
  @Test
  void verboseLogsWhatHappens(@TempDir Path temp) throws Exception {
    TinyModelFolder model = TinyModelFolder.write(temp.resolve("model"));
    String windows = model.windows("calibration", 3).toString();
    String[] prune = {
      "prune",
      "--model",
      model.folder().toString(),
      "--calibration",
      windows,
      "--output",
      temp.resolve("out").toString(),
      "--shots",
      "1"
    };
    long start = System.nanoTime();
    String said = run(clusterOptions(), prune);
    assertThat(said).doesNotContain("DEBUG").endsWith("exit 0");
    assertThatItTook(said, (System.nanoTime() - start) / 1e9);
    String[] verbose = Arrays.copyOf(prune, prune.length + 2);
    verbose[prune.length] = "--overwrite";
    verbose[prune.length + 1] = "--verbose";
    assertThat(run(clusterOptions(), verbose))
        .contains("shot 1 accumulate: ", " tasks, ", " bytes read")
        .contains("threshold ", " weights go")
        .contains(".json is committed")
        .contains("attempt 0: ")
        .endsWith("exit 0");
  }

  /** The time that is told is the whole process's, but for its end. */
  private static void assertThatItTook(String said, double seconds) {
    Matcher told = TOOK.matcher(said);
    assertThat(told.find()).as(said).isTrue();
    double minutes = told.group(1) == null ? 0 : Double.parseDouble(told.group(1));
    assertThat(60 * minutes + Double.parseDouble(told.group(2)))
        .isBetween(seconds / 2, seconds + 0.5);
  }

  @Test
  void theClustersSettingsHaveWhatJavaNeeds() throws Exception {
    List<String> options = clusterOptions();
    assertThat(String.join(" ", options).contains(Checkout.javaModules()))
        .as("the same as in pom.xml")
        .isTrue();
    List<String> withMaster = new ArrayList<>(options);
    withMaster.add("-Dspark.master=local[1]");
    assertThat(run(withMaster, "inspect", "--model", "src/main/resources/demo/model"))
        .contains("LlamaForCausalLM")
        .doesNotContain(" INFO ")
        .endsWith("exit 0");
  }

  @Test
  void whatNeedsNoClusterStartsNoSpark() throws Exception {
    List<String> options = new ArrayList<>(clusterOptions());
    options.add("-verbose:class");
    List<List<String>> commands =
        List.of(
            List.of("inspect", "--model", "src/main/resources/demo/model"),
            List.of("--version"),
            List.of("prune", "--help"));
    for (List<String> command : commands) {
      assertThat(run(options, command.toArray(String[]::new)))
          .as("%s", command)
          .contains("org.llmsurgeon.jobs.Surgeon ")
          .doesNotContain("org.apache.spark.SparkContext ")
          .endsWith("exit 0");
    }
  }

  @Test
  void aClusterWithoutExecutorsIsNamed() throws Exception {
    StringWriter said = new StringWriter();
    try (ExecutorWatch watch =
        ExecutorWatch.start(() -> false, "spark://host:7077", 10, new PrintWriter(said, true))) {
      for (int i = 0; i < 500 && said.toString().isEmpty(); i++) {
        Thread.sleep(10);
      }
    }
    assertThat(said.toString()).contains("spark://host:7077 has given no executor").hasLineCount(1);

    StringWriter quiet = new StringWriter();
    try (ExecutorWatch watch =
        ExecutorWatch.start(() -> true, "spark://host:7077", 1, new PrintWriter(quiet, true))) {
      Thread.sleep(200);
    }
    assertThat(quiet.toString()).isEmpty();
  }
}
