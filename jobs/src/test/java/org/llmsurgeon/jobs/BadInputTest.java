package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a user can get wrong, from the command line to the files: one sentence, 2, nothing left. */
class BadInputTest {
  @TempDir private Path folder;

  private TinyModelFolder model;
  private Path text;
  private Path output;

  @BeforeAll
  static void sparkOnOneCore() {
    System.setProperty("spark.master", "local[1]");
  }

  @AfterAll
  static void sparkAsItWas() {
    System.clearProperty("spark.master");
  }

  @BeforeEach
  void writeGoodInput() throws IOException {
    model = TinyModelFolder.write(folder.resolve("model"));
    text = folder.resolve("text.txt");
    Files.writeString(text, "abcdefghij".repeat(40), StandardCharsets.UTF_8);
    output = folder.resolve("pruned");
  }

  /** Prunes the good input, with these options in place of or beside the usual ones. */
  private CommandRun prune(String... more) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--model", model.folder().toString());
    options.put("--calibration", text.toString());
    options.put("--output", output.toString());
    options.put("--shots", "1");
    options.put("--sparsity", "0.2");
    options.put("--sequences", "4");
    options.put("--context", "10");
    List<String> switches = new ArrayList<>(List.of("--quiet"));
    for (int i = 0; i < more.length; i++) {
      if (more[i].equals("--overwrite")) {
        switches.add(more[i]);
      } else {
        options.put(more[i], more[++i]);
      }
    }
    List<String> arguments = new ArrayList<>(List.of("prune"));
    if (options.get("--calibration").endsWith(".safetensors")) {
      options.keySet().removeAll(List.of("--sequences", "--context"));
    }
    options.forEach((name, value) -> arguments.addAll(List.of(name, value)));
    arguments.addAll(switches);
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  /** One sentence that has all of this, exit code 2, and no file of a model. */
  private void refused(CommandRun run, String... parts) throws IOException {
    assertThat(run.err()).contains(parts);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("surgeon: ").doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(2);
    assertThat(filesOf(output)).isSubsetOf(".surgeon-run");
    if (Files.exists(output)) {
      assertThat(filesOf(output)).as("no empty folder is left").isNotEmpty();
    }
    assertThat(filesOf(folder)).noneMatch(name -> name.startsWith("."));
  }

  private static List<String> filesOf(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatCannotWriteIsNotQuoted() throws IOException {
    String[] words = {"generate", "--model", model.folder().toString(), "--prompt", "abc"};
    CommandRun written = CommandRun.of(words);
    assertThat(written.err()).isEmpty();
    assertThat(written.out()).startsWith("abc").endsWith("\n");
    assertThat(written.code()).isZero();

    Files.delete(model.file("tokenizer.json"));
    refused(CommandRun.of(words), "has no tokenizer.json; make it with transformers");
    Files.writeString(
        model.file("config.json"),
        """
        {"architectures": ["BertForMaskedLM"], "model_type": "bert", "vocab_size": 11,
         "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
         "max_position_embeddings": 16, "type_vocab_size": 2}
        """);
    refused(CommandRun.of(words), "BertForMaskedLM does not; give a causal language model");
  }

  @Test
  void theGoodInputIsPruned() throws IOException {
    CommandRun run = prune("--test", text.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("perplexity").contains(output.toString());
    assertThat(output.resolve("pruning_report.json")).exists();
    assertThat(output.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(model.file("tokenizer.json"));

    CommandRun again = prune("--test", text.toString());
    assertThat(again.code()).isZero();
    assertThat(again.out()).isEqualTo(run.out());

    CommandRun other = prune("--test", text.toString(), "--seed", "1");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("--overwrite");
    assertThat(prune("--test", text.toString(), "--seed", "1", "--overwrite").code()).isZero();
  }

  @Test
  void aMissingModelFolder() throws IOException {
    String nowhere = folder.resolve("nowhere").toString();
    refused(prune("--model", nowhere), nowhere);
  }

  @Test
  void aFileInPlaceOfTheModelFolder() throws IOException {
    refused(prune("--model", text.toString()), text.toString());
  }

  @Test
  void aFolderWithoutWeights() throws IOException {
    Files.delete(model.file("model.safetensors"));
    refused(prune(), model.folder().toString(), "safetensors");
  }

  @Test
  void aBrokenConfig() throws IOException {
    model.writeText("config.json", "{\"architectures\": [");
    refused(prune(), "config.json");
  }

  @Test
  void anUnknownArchitecture() throws IOException {
    model.edit("config.json", "LlamaForCausalLM", "MambaForCausalLM");
    refused(prune(), "MambaForCausalLM", "config.json");
  }

  @Test
  void aFieldOfTheConfigThatIsNoNumber() throws IOException {
    model.edit("config.json", "\"hidden_size\":8,", "\"hidden_size\":\"eight\",");
    refused(prune(), "hidden_size", "eight", "config.json");
  }

  @Test
  void weightsThatAreCutShort() throws IOException {
    Path weights = model.file("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 100));
    refused(prune(), "model.safetensors");
    Files.write(weights, Arrays.copyOf(bytes, 5));
    refused(prune(), "model.safetensors");
    Files.write(weights, new byte[0]);
    refused(prune(), "model.safetensors");
  }

  @Test
  void weightsOfAnotherShape() throws IOException {
    model.edit("config.json", "\"intermediate_size\":10", "\"intermediate_size\":12");
    refused(prune(), "mlp", "10", "12");
  }

  @Test
  void weightsThatAreNoNumbers() throws IOException {
    model.writeWeights(Float.NaN);
    refused(prune(), "model.");
  }

  @Test
  void aTextThatIsTooShort() throws IOException {
    Files.writeString(text, "abc", StandardCharsets.UTF_8);
    refused(prune(), "text has 3 tokens", "10");
    Files.writeString(text, "", StandardCharsets.UTF_8);
    refused(prune(), "text");
  }

  @Test
  void aRefusedRunIsNotInTheWayOfTheNext() throws IOException {
    Files.writeString(text, "abc", StandardCharsets.UTF_8);
    refused(prune(), "text has ");
    Files.writeString(text, "abcdefghij".repeat(40), StandardCharsets.UTF_8);

    assertThat(prune().code()).isZero();
    assertThat(filesOf(output)).contains("model.safetensors").doesNotContain(".surgeon-run");
  }

  @Test
  void aTestTextThatIsTooShort() throws IOException {
    Path test = folder.resolve("test.txt");
    Files.writeString(test, "abc", StandardCharsets.UTF_8);
    refused(prune("--test", test.toString()), "text has 3 tokens", "10");
  }

  @Test
  void aMissingText() throws IOException {
    String nowhere = folder.resolve("nowhere.txt").toString();
    refused(prune("--calibration", nowhere), nowhere);
  }

  @Test
  void textWithoutATokenizer() throws IOException {
    Files.delete(model.file("tokenizer.json"));
    refused(prune(), "tokenizer.json");
  }

  @Test
  void aTokenizerThatIsNone() throws IOException {
    model.writeText("tokenizer.json", "{\"version\": \"1.0\"}");
    refused(prune(), "tokenizer.json");
  }

  @Test
  void windowsOfAnotherName() throws IOException {
    Path windows = model.windows("train", 1);
    refused(prune("--calibration", windows.toString()), windows.toString(), "calibration");
  }

  @Test
  void tokensThatTheModelDoesNotKnow() throws IOException {
    Path windows = model.windows("calibration", 11);
    refused(prune("--calibration", windows.toString()), windows.toString(), "11");
  }

  @Test
  void windowsThatAreLongerThanTheModelsPositions() throws IOException {
    refused(prune("--context", "33"), "33", "32");
  }

  @Test
  void aFileSystemThatNobodyKnows() throws IOException {
    refused(prune("--model", "nosuchfs://host/model"), "nosuchfs");
  }

  @Test
  void aFileSystemThatDoesNotAnswer() throws IOException {
    System.setProperty("spark.hadoop.ipc.client.connect.max.retries", "0");
    try {
      refused(prune("--model", "hdfs://127.0.0.1:1/model"), "hdfs://127.0.0.1:1/model");
    } finally {
      System.clearProperty("spark.hadoop.ipc.client.connect.max.retries");
    }
  }

  @Test
  void aTargetThatCannotBeReached() throws IOException {
    refused(prune("--sparsity", "1.01"), "--sparsity is 1.01");
    refused(prune("--sparsity", "0"), "--sparsity is 0");
    refused(prune("--sparsity", "-0.5"), "--sparsity is -0.5");
  }

  @Test
  void anOutputThatHoldsSomethingElse() throws IOException {
    Files.createDirectories(output);
    Path thesis = output.resolve("thesis.txt");
    Files.writeString(thesis, "mine", StandardCharsets.UTF_8);

    CommandRun run = prune();

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("thesis.txt").contains("--overwrite");
    assertThat(run.err().lines()).hasSize(1);
    assertThat(filesOf(output)).containsExactly("thesis.txt");
  }

  @Test
  void anOutputThatIsAFileOrLiesBelowOne() throws IOException {
    Path file = folder.resolve("file");
    Files.writeString(file, "mine", StandardCharsets.UTF_8);

    refused(prune("--output", file.toString()), file.toString());
    refused(prune("--output", file.resolve("pruned").toString()), file.toString());
    assertThat(file).hasContent("mine");
  }

  /** A result never takes the place of a model's file, of a text, or of what the run writes. */
  @Test
  void aResultThatWouldReplaceAnotherFile() throws IOException {
    String why = " is a file that no run wrote as its result; choose another one, or delete it.";
    Path config = model.folder().resolve("config.json");
    String before = Files.readString(config);
    for (Path file : List.of(config, text)) {
      refused(prune("--result", file.toString()), "surgeon: The result " + file + why);
    }
    assertThat(config).hasContent(before);
    assertThat(output).doesNotExist();
    Path own = output.resolve("config.json");
    CommandRun late = prune("--result", own.toString());
    assertThat(late.err()).contains("surgeon: The result " + own + why);
    assertThat(late.code()).isEqualTo(2);
    assertThat(own).content().contains("architectures");
    String result = folder.resolve("result.json").toString();
    assertThat(prune("--result", result).code()).isZero();
    assertThat(prune("--result", result).code()).as("again").isZero();
  }

  /** Where the kernel lets nobody make a file, whatever the permissions. */
  @EnabledOnOs(OS.LINUX)
  @Test
  void anOutputThatCannotBeWritten() throws IOException {
    String nowhere = "/proc/x";
    String why = " cannot be written (no folder can be made there); choose ";
    String folderOf = model.folder().toString();
    refused(prune("--output", nowhere), "surgeon: The output /proc/x" + why);
    refused(prune("--run", nowhere), "surgeon: The run directory /proc/x" + why);
    refused(prune("--result", nowhere + "/r.json"), "surgeon: The result /proc/x/r.json" + why);
    refused(prune("--result", folderOf), folderOf + " is a folder; give a file.");
    assertThat(output).doesNotExist();
    List<String> data = List.of("--calibration", text.toString(), "--sequences", "4");
    for (String command : List.of("factors", "scores")) {
      List<String> words = new ArrayList<>(List.of(command, "-q", "--model", folderOf));
      words.addAll(data);
      words.addAll(List.of("--context", "10", "--output", nowhere + "/a.safetensors"));
      CommandRun run = CommandRun.of(words.toArray(String[]::new));
      refused(run, "surgeon: The output /proc/x/a.safetensors" + why);
    }
    List<String> compare = new ArrayList<>(List.of("compare", "-q", "--model", folderOf));
    compare.addAll(data);
    compare.addAll(List.of("--context", "10", "--sparsity", "0.2", "--test", text.toString()));
    compare.addAll(List.of("--methods", "magnitude", "--output", nowhere));
    refused(CommandRun.of(compare.toArray(String[]::new)), "surgeon: The output /proc/x" + why);
    refused(
        CommandRun.of("export", "-q", "--model", folderOf, "--output", nowhere),
        "surgeon: The output /proc/x" + why);
    refused(
        CommandRun.of("export", "-q", "--model", folderOf, "--gguf", nowhere + "/a.gguf"),
        "surgeon: The file /proc/x/a.gguf" + why);
    refused(CommandRun.of("demo", "-q", "--output", nowhere), "surgeon: The output /proc/x" + why);
  }

  @Test
  void anOutputInsideTheModelFolder() throws IOException {
    refused(prune("--output", model.folder().toString()), "model folder");
    refused(prune("--output", model.file("pruned").toString()), "model folder");
    assertThat(model.file("pruned")).doesNotExist();
  }

  @Test
  void otherCommandsRefuseInTheSameWay() throws IOException {
    String nowhere = folder.resolve("nowhere").toString();
    String data = text.toString();
    refused(CommandRun.of("inspect", "-q", "--model", nowhere), nowhere);
    refused(CommandRun.of("evaluate", "-q", "--model", nowhere, "--test", data), nowhere);
    for (String command : List.of("factors", "scores")) {
      refused(
          CommandRun.of(
              command,
              "-q",
              "--model",
              nowhere,
              "--calibration",
              data,
              "--output",
              output.toString()),
          nowhere);
      refused(
          CommandRun.of(
              command,
              "-q",
              "--model",
              model.folder().toString(),
              "--calibration",
              data,
              "--sequences",
              "2",
              "--context",
              "10",
              "--output",
              data),
          data);
    }
    assertThat(text).hasContent("abcdefghij".repeat(40));
  }
}
