package org.llmsurgeon.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.folder.ModelFolderWriter;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.token.CalibrationText;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;

/** Real models, tokenizers and texts. */
@Tag(SharedData.TAG)
class SharedCheckpointTest {
  @TempDir Path folder;
  private final Storage storage = new LocalStorage();

  @Test
  void theTokenizerGivesTheTokensThatTheAuthorsProgramWasTestedOn() {
    String text =
        CalibrationText.read(
            storage, List.of(SharedData.path("text/wikitext2/wiki.test.tokens").toString()));
    String model = SharedData.path("models/opt-char-gpt825K/hf").toString();
    String tokens = SharedData.path("golden/optchar/tokens.safetensors").toString();
    int[][] golden = TokenWindows.read(storage, tokens, "test").windows();
    try (TextTokenizer tokenizer = TextTokenizer.open(storage, model)) {
      int[][] windows =
          CalibrationText.windows(tokenizer.encode(text, true), new WindowDraw.Consecutive(64));
      assertThat(Arrays.copyOf(windows, golden.length)).isDeepEqualTo(golden);
    }
  }

  /** Merges as strings and merges as pairs. */
  @Test
  void bothFormsOfLlama2sTokenizerAgree() throws IOException {
    String text =
        Files.readString(SharedData.path("text/wikitext2/wiki.valid.tokens")).substring(0, 40_000);
    assertThat(text).contains("<unk>");
    int[] expected = encode(SharedData.path("tokenizers/llama2/tokenizer.json"), text, 1 << 18);
    assertThat(expected[0]).as("BOS").isEqualTo(1);
    assertThat(Arrays.stream(expected).filter(each -> each == 0).count())
        .as("the literal <unk> is the special token")
        .isEqualTo(text.split("<unk>", -1).length - 1);
    assertThat(encode(SharedData.path("tokenizers/llama2/tokenizer_resaved.json"), text, 1000))
        .isEqualTo(expected);
  }

  @Test
  void gpt2sTokensDoNotDependOnThePieces() throws IOException {
    String text =
        Files.readString(SharedData.path("text/wikitext2/wiki.valid.tokens")).substring(0, 200_000);
    Path tokenizer = SharedData.path("tokenizers/gpt2/tokenizer.json");
    assertThat(encode(tokenizer, text, 500)).isEqualTo(encode(tokenizer, text, 1 << 30));
  }

  private static int[] encode(Path tokenizer, String text, int piece) throws IOException {
    try (TextTokenizer open =
        TextTokenizer.of(Files.readAllBytes(tokenizer), Optional.empty(), "tokenizer", piece)) {
      return open.encode(text, true);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"models/stories260K/hf", "models/opt-char-gpt825K/hf"})
  void realFoldersAreReadAndRewrittenByteForByte(String name) throws IOException {
    String path = SharedData.path(name).toString();
    String copy = folder.resolve("copy").toString();
    try (Device device = CpuDevice.create();
        ModelFolder model = ModelFolder.open(storage, path)) {
      assertThat(model.dtype()).isEqualTo(DataType.F32);
      Set<String> all = Set.copyOf(model.names());
      new ModelFolderWriter(model, storage, copy)
          .write(all, each -> model.load(each, device), device);
      for (String each : model.names()) {
        try (Tensor tensor = model.load(each, device)) {
          assertThat(tensor.size()).isEqualTo(model.entry(each).elements());
        }
      }
      assertThat(storage.list(copy)).isEqualTo(storage.list(path));
      for (String file : storage.list(path)) {
        assertThat(Path.of(copy, file)).hasSameBinaryContentAs(Path.of(path, file));
      }
    }
  }
}
