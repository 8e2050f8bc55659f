package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.MaskedFolder;
import org.llmsurgeon.jobs.runtime.ExecutorWatch;
import org.llmsurgeon.jobs.runtime.Failures;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.TestJava;

/** Every message of the page on troubles is provoked, in its words. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TroubleshootingTest {
  @TempDir static Path temp;
  private String model;
  private String text;

  /** Does something wrong, and says what was said. */
  private interface Trouble {
    String said() throws Exception;
  }

  @BeforeAll
  void prepare() throws IOException {
    model = TinyModelFolder.write(temp.resolve("model")).folder().toString();
    StringBuilder letters = new StringBuilder();
    new Random(5).ints(300, 'a', 'k').forEach(letter -> letters.append((char) letter));
    text = Files.writeString(temp.resolve("text.txt"), letters).toString();
  }

  private static Trouble command(String... arguments) {
    return () -> CommandRun.of(arguments).err();
  }

  /** A model with a layer of so many inputs that no process here has memory for their factor. */
  private String wide() throws IOException {
    Path folder = temp.resolve("wide");
    if (Files.notExists(folder)) {
      ObjectNode config = TinyModels.llamaJson().put("intermediate_size", 32768);
      try (Device device = CpuDevice.create()) {
        new MaskedFolder(config, 7).write(folder.toString(), DataType.F32, device);
      }
    }
    return folder.toString();
  }

  private String plan(String memory) throws IOException {
    String[] plan = {"plan", "--model", wide() + "/config.json", "--memory", memory};
    String[] sizes = {"--context", "10", "--gflops", "9", "--gflops-double", "9", "--disk", "9"};
    return CommandRun.of(Stream.of(plan, sizes).flatMap(Arrays::stream).toArray(String[]::new))
        .err();
  }

  /** Its remedy works: the same plan with the memory that is named. */
  private String plannedForLittle() throws IOException {
    String said = plan("2g");
    assertThat(plan(said.replaceAll("(?s).*as --memory (\\d+g).*", "$1"))).isEmpty();
    return said;
  }

  /** Executors that get less memory from their system than they are to have. */
  private static List<String> smallExecutors() throws Exception {
    Path java = Files.createDirectories(temp.resolve("java/bin")).resolve("java");
    Files.writeString(
        java,
        "#!/bin/sh\nulimit -v 4000000\nexec '%s/bin/java' \"$@\"\n"
            .formatted(System.getProperty("java.home")));
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("master", "local-cluster[1,1,1024]");
    settings.put("executor.memory", "1g");
    settings.put("executor.extraClassPath", System.getProperty("java.class.path"));
    settings.put(
        "executor.extraJavaOptions",
        String.join(" ", TestJava.SHORT_LIVED)
            + " -XX:CompressedClassSpaceSize=64m -XX:ReservedCodeCacheSize=64m");
    settings.put("executorEnv.JAVA_HOME", temp.resolve("java").toString());
    settings.put("executorEnv.MALLOC_ARENA_MAX", "2");
    settings.put("task.maxFailures", "1");
    settings.put("ui.enabled", "false");
    settings.put("driver.host", "127.0.0.1");
    settings.put("driver.bindAddress", "127.0.0.1");
    List<String> options = new ArrayList<>(ClusterStartTest.clusterOptions());
    settings.forEach((name, value) -> options.add("-Dspark." + name + "=" + value));
    return options;
  }

  private String onSmallExecutors;

  private String onSmallExecutors() throws Exception {
    assumeTrue(OS.LINUX.isCurrentOs(), "only Linux bounds the memory of a process");
    if (onSmallExecutors == null) {
      String wide = wide();
      String windows = new TinyModelFolder(Path.of(wide)).windows("calibration", 3).toString();
      String out = temp.resolve("out-wide").toString();
      String[] prune = {"prune", "--model", wide, "--calibration", windows, "--output", out};
      onSmallExecutors = ClusterStartTest.run(smallExecutors(), prune);
      assertThat(onSmallExecutors).endsWith("exit 1");
    }
    return onSmallExecutors;
  }

  private int runs;

  private String prune(String... more) {
    return pruneOn(text, more);
  }

  private String pruneOn(String calibration, String... more) {
    List<String> all = new ArrayList<>(List.of("prune", "--model", model));
    all.addAll(List.of("--calibration", calibration));
    all.addAll(List.of("--output", temp.resolve("out" + runs++).toString()));
    all.addAll(List.of("--shots", "1", "--context", "8", "--sequences", "100"));
    all.addAll(Arrays.asList(more));
    return CommandRun.of(all.toArray(String[]::new)).err();
  }

  private static Trouble thrown(Throwable failure) {
    StringWriter said = new StringWriter();
    return () -> {
      Failures.report(failure, new PrintWriter(said));
      return said.toString();
    };
  }

  private static String withoutExecutors() throws InterruptedException {
    StringWriter said = new StringWriter();
    try (ExecutorWatch watch =
        ExecutorWatch.start(() -> false, "spark://host:7077", 10, new PrintWriter(said, true))) {
      for (int i = 0; i < 500 && said.toString().isEmpty(); i++) {
        Thread.sleep(10);
      }
    }
    return said.toString();
  }

  /** By the message as the page has it. */
  private Map<String, Trouble> troubles() {
    Map<String, Trouble> troubles = new LinkedHashMap<>();
    troubles.put("There is no command 'X'; did you mean 'Y'?", command("prun"));
    troubles.put("There is no option '--X'", command("prune", "--sparsty", "0.5"));
    troubles.put("prune needs --model DIR and --calibration FILE...", command("prune"));
    troubles.put("Recipe X does not exist", command("prune", "--recipe", "nothing"));
    troubles.put("There is no recipe 'X'", command("recipes", "nothing"));
    troubles.put("--X goes with Y only", () -> prune("--max-shots", "3"));
    troubles.put("X does not exist; check the path", command("inspect", "--model", "nothing"));
    troubles.put(
        "has no pruning_report.json and no compare.json", command("report", temp.toString()));
    troubles.put("windows have N tokens and the text has M: they overlap", this::prune);
    troubles.put("No test text is given: perplexity is measured on the last N tokens", this::prune);
    troubles.put(
        "No test text is given, so perplexity is not measured",
        () -> pruneOn(Files.writeString(temp.resolve("short.txt"), "abcd".repeat(19)).toString()));
    troubles.put(
        "The calibration data has N tokens, fewer than the M inputs of X",
        () -> prune("--context", "2", "--sequences", "2"));
    troubles.put(
        "At a sparsity of X only Y % of the groups become 2:4",
        () -> prune("--structures", "1:2", "--sparsity", "0.2"));
    troubles.put(
        "the calibration text has N tokens and a window needs M",
        () -> pruneOn(Files.writeString(temp.resolve("few.txt"), "abc").toString()));
    troubles.put(
        "This Java was started without --add-modules=...",
        () -> ClusterStartTest.run(List.of(), "inspect", "--model", model));
    troubles.put("The driver is out of memory", thrown(new OutOfMemoryError("Java heap space")));
    troubles.put(
        "One task of the stage X needs N, and an executor has M; give it more",
        this::plannedForLittle);
    troubles.put(
        "The stage X needs about N GiB for one task, and a process has M GiB",
        this::onSmallExecutors);
    troubles.put("a process is out of memory (X); give", this::onSmallExecutors);
    // A disk that is really full: SurroundingsTest.
    troubles.put(
        "the disk of X is full; make room",
        thrown(new FileSystemException("weights", null, "No space left on device")));
    troubles.put("has given no executor for 30.0 s", TroubleshootingTest::withoutExecutors);
    troubles.put(
        "holds a model made with another recipe",
        () -> {
          prune("--output", temp.resolve("twice").toString());
          return prune("--output", temp.resolve("twice").toString(), "--sparsity", "0.2");
        });
    return troubles;
  }

  /** A message with places for names and numbers. */
  private static Pattern pattern(String message) {
    String quoted =
        Arrays.stream(message.split("\\b[XYNM]\\b|\\.\\.\\.|30\\.0 s|2:4", -1))
            .map(Pattern::quote)
            .reduce((a, b) -> a + ".*" + b)
            .orElseThrow();
    return Pattern.compile(quoted);
  }

  private static List<String> page() throws IOException {
    return Files.readAllLines(Checkout.file("src/site/markdown/troubleshooting.md")).stream()
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.substring(3, line.indexOf("` |")))
        .toList();
  }

  @Test
  void thePageHasNoOtherMessages() throws IOException {
    assertThat(page()).containsExactlyInAnyOrderElementsOf(troubles().keySet());
  }

  @TestFactory
  List<DynamicTest> everyMessageIsSaid() {
    List<DynamicTest> tests = new ArrayList<>();
    troubles()
        .forEach(
            (message, trouble) ->
                tests.add(
                    DynamicTest.dynamicTest(
                        message,
                        () -> assertThat(trouble.said()).containsPattern(pattern(message)))));
    return tests;
  }
}
