package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a user can get wrong, from the command line to the files: one sentence, 2, nothing left. */
class BadInputTest extends BadCase {
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
