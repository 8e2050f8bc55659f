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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.TinyEncoders;
import org.llmsurgeon.pipeline.TinyImages;

/**
 * Every command on a page is run, with a model of two small blocks in the place of the one that it
 * names. What takes a cluster is understood by the launcher's dry run here; the few that are run by
 * another test alone are named with it and with the reason.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PageCommandsTest {
  /** In a block of code a line and those that it goes on in; in a text between backticks. */
  private static final Pattern COMMAND =
      Pattern.compile(
          "^ *jobs/surgeon ((?:\\\\\\n|[^\\n])*)|`jobs/surgeon ([^`]*)`", Pattern.MULTILINE);

  /**
   * Another test that runs a command, or what it does.
   *
   * @param test its file
   * @param reason why the command is not run here
   */
  private record Elsewhere(String test, String reason) {}

  /** By a word in the command. */
  private static final Map<String, Elsewhere> ELSEWHERE =
      Map.of(
          "demo",
          new Elsewhere(
              "jobs/src/test/java/org/llmsurgeon/jobs/demo/DemoCommandTest.java",
              "as it stands it takes minutes; there it makes one shot"),
          "bench",
          new Elsewhere(
              "jobs/src/test/java/org/llmsurgeon/jobs/command/BenchCommandTest.java",
              "as it stands it takes minutes, or a card; there it measures once"),
          "--master",
          new Elsewhere(
              "jobs/src/test/java/org/llmsurgeon/jobs/PageClusterTest.java",
              "it takes a cluster, which is started there, on YARN by ClusterDeployTest; the dry"
                  + " run is made here"),
          "--gpu",
          new Elsewhere(
              "pipeline/src/test/java/org/llmsurgeon/pipeline/GpuClusterTest.java",
              "it takes a card; there is a stand-in, which other tests here would take for one"));

  @TempDir static Path temp;
  private final Map<String, String> places = new LinkedHashMap<>();

  /** What a stopped run left, which {@code clean} is to remove. */
  private Path left;

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
    places.put("DIR|CONFIG.json", model + "/config.json");
    places.put("conf/recipes/quick.yaml", Checkout.file("conf/recipes/quick.yaml").toString());
    places.put("--output ...", temp.resolve("out/some").toString());
    places.put("COMMAND", "prune");
    places.put("N", "2");
    places.put("SIZE", "4g");
    String first = pruned(model, text, "out/first");
    places.put("target/demo/pruned", first);
    places.put("out/half/recipe.yaml", first + "/recipe.yaml");
    prepareImages();
    prepareEncoders();
    prepareFolders();
  }

  private void prepareImages() throws IOException {
    places.put("vit-base", TinyImages.model(temp.resolve("vit")).toString());
    for (String each : List.of("photos/train", "photos/test")) {
      places.put(each, TinyImages.folders(temp.resolve(each), 30).toString());
    }
  }

  /** Labels for pairs of texts, and vectors of texts. */
  private void prepareEncoders() throws IOException {
    places.put("bert-stars", TinyEncoders.model("bert-pair", temp.resolve("stars")).toString());
    for (String each : List.of("reviews.jsonl", "held-out.jsonl")) {
      StringBuilder rows = new StringBuilder();
      for (int i = 0; i < 30; i++) {
        rows.append(
            "{\"title\": \"%s\", \"body\": \"%s\", \"stars\": %d}\n"
                .formatted(TinyEncoders.text(i), TinyEncoders.text(i + 1), i % 3));
      }
      places.put(each, Files.writeString(temp.resolve(each), rows).toString());
    }
    StringBuilder words = new StringBuilder();
    IntStream.range(0, 200).forEach(i -> words.append(TinyEncoders.text(i)).append(' '));
    String text = Files.writeString(temp.resolve("words.txt"), words).toString();
    String model = TinyEncoders.model("bert-embedding", temp.resolve("minilm")).toString();
    places.put("text.txt", text);
    places.put("minilm", model);
    places.put("--model out/minilm", pruned(model, text, "out/vectors"));
  }

  /** A model with Llama 2's positions, one with a real tokenizer, and what a stopped run left. */
  private void prepareFolders() throws IOException {
    Path llama = Files.createDirectories(temp.resolve("llama-2-7b")).resolve("config.json");
    Files.writeString(
        llama, TinyModels.llamaJson().put("max_position_embeddings", 4096).toString());
    places.put("llama-2-7b/config.json", llama.toString());
    Path demo = Checkout.file("jobs/src/main/resources/demo/model");
    PrunedForOthers half =
        PrunedForOthers.of(Files.createDirectories(temp.resolve("demo")), demo.toString());
    places.put("--model out/half", half.place().resolve("out/half").toString());
    Path run = temp.resolve("stopped/.surgeon-run");
    left = Files.createDirectories(run.resolve("windows")).resolve("calibration-dead.arrow");
    Files.writeString(left, "12");
    places.put("out/half/.surgeon-run", run.toString());
  }

  private static String pruned(String model, String text, String output) {
    String folder = temp.resolve(output).toString();
    List<String> words = new ArrayList<>(List.of("prune", "--model", model));
    words.addAll(List.of("--calibration", text, "--output", folder, "--quiet"));
    words.addAll(List.of("--shots", "1", "--context", "8", "--sequences", "4"));
    assertThat(CommandRun.of(words.toArray(String[]::new)).err()).isEmpty();
    return folder;
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
        words.addAll(List.of("--gflops", "1", "--gflops-double", "1", "--disk", "1"));
        if (!command.contains("llama-2-7b")) {
          words.addAll(List.of("--context", "8"));
        }
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
    for (int i = 1; i < words.size(); i++) {
      if (List.of("--output", "--gguf").contains(words.get(i - 1))) {
        assertThat(Path.of(words.get(i))).exists();
      }
    }
    if (words.get(0).equals("clean")) {
      assertThat(left).doesNotExist();
    }
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
    for (Map.Entry<String, Elsewhere> each : ELSEWHERE.entrySet()) {
      assertThat(Checkout.file(each.getValue().test())).exists();
      assertThat(each.getValue().reason()).isNotBlank();
      assertThat(commands())
          .as(each.getKey())
          .anyMatch(command -> List.of(command.split(" ")).contains(each.getKey()));
    }
    assertThat(here()).hasSizeGreaterThan(8);
    assertThat(onClusters()).isNotEmpty();
  }
}
