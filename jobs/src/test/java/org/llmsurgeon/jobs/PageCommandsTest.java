package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.pipeline.TinyImages;

/**
 * Every command on a page is run, with a model of two small blocks in the place of the one that it
 * names. What takes a cluster or a card is run as it stands by the launcher's dry run, and really
 * by the test that is named here.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PageCommandsTest {
  /** In a block of code a line and those that it goes on in; in a text between backticks. */
  private static final Pattern COMMAND =
      Pattern.compile(
          "^ *jobs/surgeon ((?:\\\\\\n|[^\\n])*)|`jobs/surgeon ([^`]*)`", Pattern.MULTILINE);

  /** Words by which a command is known that another test runs, and that test. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "demo", "jobs/src/test/java/org/llmsurgeon/jobs/demo/DemoCommandTest.java",
          "bench", "jobs/src/test/java/org/llmsurgeon/jobs/command/BenchCommandTest.java",
          "clean", "pipeline/src/test/java/org/llmsurgeon/pipeline/output/RunCleanerTest.java",
          "--master", "jobs/src/test/java/org/llmsurgeon/jobs/ClusterDeployTest.java",
          "--gguf", "src/test/java/org/llmsurgeon/export/gguf/GgufExportTest.java",
          "--label-column", "pipeline/src/test/java/org/llmsurgeon/pipeline/LabelledRunTest.java",
          "--reference", "pipeline/src/test/java/org/llmsurgeon/pipeline/LabelledRunTest.java",
          "--gpu", "pipeline/src/test/java/org/llmsurgeon/pipeline/GpuClusterTest.java");

  @TempDir static Path temp;
  private final Map<String, String> places = new LinkedHashMap<>();

  @BeforeAll
  void prepare() throws IOException {
    String model = TinyModelFolder.write(temp.resolve("model")).folder().toString();
    StringBuilder letters = new StringBuilder();
    new Random(5).ints(3000, 'a', 'k').forEach(letter -> letters.append((char) letter));
    String text = Files.writeString(temp.resolve("text.txt"), letters).toString();
    for (String each :
        List.of(
            "models/smollm2-135m",
            "models/stories260K",
            "target/demo/model",
            "DIR",
            "--model ...")) {
      places.put(each, model);
    }
    for (String each :
        List.of(
            "train.txt",
            "test.txt",
            "target/demo/text/calibration.txt",
            "target/demo/text/test.txt",
            "tokens.safetensors",
            "--calibration ...",
            "FILE...")) {
      places.put(each, text);
    }
    places.put("vit-base", TinyImages.model(temp.resolve("vit")).toString());
    for (String each : List.of("photos/train", "photos/test")) {
      places.put(each, TinyImages.folders(temp.resolve(each), 30).toString());
    }
    places.put("DIR|CONFIG.json", model + "/config.json");
    places.put("conf/recipes/quick.yaml", Checkout.file("conf/recipes/quick.yaml").toString());
    places.put("target/demo/pruned", temp.resolve("out/first").toString());
    places.put("out/half/recipe.yaml", temp.resolve("out/first/recipe.yaml").toString());
    places.put("--output ...", temp.resolve("out/some").toString());
    places.put("llama-2-7b/config.json", model + "/config.json");
    places.put("COMMAND", "prune");
    places.put("N", "2");
    places.put("SIZE", "4g");
    CommandRun first =
        CommandRun.of(
            "prune",
            "--model",
            model,
            "--calibration",
            text,
            "--output",
            temp.resolve("out/first").toString(),
            "--shots",
            "1",
            "--context",
            "8",
            "--sequences",
            "4",
            "--quiet");
    assertThat(first.err()).isEmpty();
  }

  static Set<String> commands() throws IOException {
    Set<String> commands = new LinkedHashSet<>();
    for (Path page : PagesTest.pages().toList()) {
      COMMAND
          .matcher(Files.readString(page))
          .results()
          .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
          .map(line -> line.replace("\\\n", " ").replaceFirst("  +#.*| {6,}.*", ""))
          .map(line -> line.replaceFirst(" > .*", "").replaceAll("\\s+", " ").strip())
          .filter(line -> !line.isEmpty())
          .forEach(commands::add);
    }
    return commands;
  }

  private static boolean isElsewhere(String command) {
    List<String> words = List.of(command.split(" "));
    return ELSEWHERE.keySet().stream().anyMatch(words::contains);
  }

  static Stream<String> here() throws IOException {
    return commands().stream().filter(each -> !isElsewhere(each));
  }

  static Stream<String> onClusters() throws IOException {
    return commands().stream().filter(each -> each.startsWith("--master"));
  }

  /** Its words, with what is there in the place of what they name. */
  private List<String> words(String command) {
    List<String> words = new ArrayList<>();
    String before = "";
    for (String word : command.replace("'", "").split(" ")) {
      String place = places.getOrDefault(before + " " + word, places.get(word));
      if (place != null) {
        words.add(place);
      } else if (word.startsWith("out/")) {
        words.add(temp.resolve(word).toString());
      } else if (!word.equals("...")) {
        words.add(word);
      }
      before = word;
    }
    switch (words.get(0)) {
      case "prune", "compare" -> {
        words.removeAll(List.of("--context", "256", "--sequences", "64"));
        words.addAll(List.of("--sequences", "4"));
        if (words.contains("2:4")) {
          words.add("--skip-unfit");
        }
        if (words.contains("max-quality")) {
          words.addAll(List.of("--shots", "1"));
        }
        if (!command.contains("photos")) {
          words.addAll(List.of("--context", "8"));
        }
        if (!words.contains("--model")) {
          words.addAll(List.of("--model", places.get("DIR"), "--calibration"));
          words.addAll(List.of(places.get("train.txt"), "--output"));
          words.add(temp.resolve("out/again" + command.hashCode()).toString());
        }
      }
      case "plan" -> {
        int context = words.indexOf("--context");
        if (context > 0) {
          words.subList(context, context + 2).clear();
        }
        words.addAll(List.of("--gflops", "1", "--gflops-double", "1", "--disk", "1"));
        words.addAll(List.of("--context", "8"));
      }
      default -> {}
    }
    return words;
  }

  @ParameterizedTest
  @MethodSource("here")
  void isRun(String command) {
    List<String> words = words(command);
    CommandRun run = CommandRun.of(words.toArray(String[]::new));
    assertThat(run.code()).as(String.join(" ", words) + "\n" + run.err()).isZero();
    assertThat(run.out()).isNotBlank();
  }

  @ParameterizedTest
  @MethodSource("onClusters")
  void isUnderstoodByTheLauncher(String command) throws Exception {
    List<String> words = new ArrayList<>();
    words.add(Checkout.file("jobs/surgeon").toString());
    words.add("--dry-run");
    String plain = command.replace("spark://host:7077|yarn", "yarn").replace(" ...", "");
    words.addAll(List.of(plain.split(" ")));
    ProcessBuilder launcher = new ProcessBuilder(words).redirectErrorStream(true);
    launcher.environment().remove("SPARK_HOME");
    Process process = launcher.start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).contains("--class " + Surgeon.class.getName(), "--properties-file");
  }

  @Test
  void whatIsRunElsewhereIs() throws IOException {
    for (String test : ELSEWHERE.values()) {
      assertThat(Checkout.file(test)).exists();
    }
    assertThat(here()).hasSizeGreaterThan(8);
    assertThat(onClusters()).isNotEmpty();
  }
}
