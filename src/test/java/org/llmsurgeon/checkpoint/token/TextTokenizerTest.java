package org.llmsurgeon.checkpoint.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;

class TextTokenizerTest {
  private static final int PIECE = 1 << 18;

  @TempDir Path folder;
  private final Storage storage = new LocalStorage();

  private static int[] encode(ObjectNode json, String settings, String text, boolean special) {
    try (TextTokenizer tokenizer = TinyTokenizers.open(json, settings, PIECE)) {
      return tokenizer.encode(text, special);
    }
  }

  private static int id(ObjectNode json, String token) {
    return json.path("model").path("vocab").path(token).asInt(-1);
  }

  @Test
  void bytesAndMergesBecomeTokens() {
    ObjectNode json = TinyTokenizers.byteLevel();
    assertThat(encode(json, null, "the the\u00e9", false))
        .containsExactly(id(json, "the"), id(json, "\u0120the"), 0xc3, 0xa9);
    assertThat(encode(json, null, "", true)).isEmpty();
  }

  @Test
  void addedTokensInTheTextAreSpecial() {
    ObjectNode json = TinyTokenizers.marked();
    assertThat(encode(json, null, "a<unk>", false))
        .containsExactly(id(json, "\u2581a"), id(json, "<unk>"));
  }

  @Test
  void thePostProcessorAddsItsTokensOnRequestOnly() {
    ObjectNode json = TinyTokenizers.marked();
    int[] plain = {id(json, "\u2581the")};
    assertThat(encode(json, null, "the", false)).isEqualTo(plain);
    assertThat(encode(json, null, "the", true)).containsExactly(1, plain[0]);
    assertThat(encode(json, null, "", true)).containsExactly(1);
  }

  @Test
  void theSettingsAddWhatThePostProcessorDoesNot() {
    ObjectNode json = TinyTokenizers.marked();
    String both =
        "{'add_bos_token': true, 'bos_token': '<s>', 'add_eos_token': true,"
            + " 'eos_token': {'content': '</s>'}}";
    int a = id(json, "\u2581a");
    assertThat(encode(json, both, "a", true)).as("BOS is there").containsExactly(1, a, 2);
    json.putNull("post_processor");
    assertThat(encode(json, null, "a", true)).containsExactly(a);
    assertThat(encode(json, both, "a", true)).containsExactly(1, a, 2);
    assertThat(encode(json, both, "a", false)).containsExactly(a);
    assertThat(encode(json, "{'add_bos_token': false, 'bos_token': '<s>'}", "a", true))
        .containsExactly(a);
    assertThat(encode(json, "{'add_bos_token': true, 'bos_token': null}", "a", true))
        .containsExactly(a);
  }

  @Test
  void aTokenOfTheSettingsThatIsNotInTheVocabularyIsNamed() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () ->
                TinyTokenizers.open(
                    TinyTokenizers.byteLevel(), "{'add_bos_token': true, 'bos_token': '<x>'}", 9))
        .withMessageContaining("<x>")
        .withMessageContaining("tokenizer.json");
  }

  @Test
  void nothingIsTruncatedOrPadded() {
    ObjectNode json = TinyTokenizers.byteLevel();
    json.set(
        "truncation",
        TinyTokenizers.parse(
            "{'direction': 'Right', 'max_length': 8, 'strategy': 'LongestFirst', 'stride': 0}"));
    json.set(
        "padding",
        TinyTokenizers.parse(
            "{'strategy': {'Fixed': 2000}, 'direction': 'Right', 'pad_to_multiple_of': null,"
                + " 'pad_id': 0, 'pad_type_id': 0, 'pad_token': '!'}"));
    int the = id(json, "\u0120the");
    int[] expected = new int[1000];
    Arrays.fill(expected, the);
    assertThat(encode(json, null, " the".repeat(1000), false)).isEqualTo(expected);
  }

  static List<Named<Supplier<ObjectNode>>> families() {
    return List.of(
        Named.of("GPT-2", TinyTokenizers::byteLevel),
        Named.of("GPT-2 with prefix space", TinyTokenizers::prefixSpace),
        Named.of("digits one by one", TinyTokenizers::digits),
        Named.of("Llama 3", TinyTokenizers::llama3),
        Named.of("Llama 2", TinyTokenizers::marked),
        Named.of("Llama 2 with Metaspace", TinyTokenizers::metaspace));
  }

  /** Texts of awkward neighbours: runs of white space, special tokens, other scripts, digits. */
  static String awkward(Random random) {
    String[] parts = {
      "the",
      "thing",
      "a",
      " ",
      "  ",
      "\n",
      "\n\n",
      "\r\n",
      "\t",
      ".",
      ".\n",
      "'s",
      "123",
      "7",
      "<unk>",
      "</s>",
      "<s>\n",
      "<|end|>",
      "<|end|> ",
      "\u2581",
      "\u00e9",
      "\u4e2d\u6587",
      "\ud83d\ude00",
      "\u00a0",
      "e\u0301",
      "x\n",
      "in\n",
      " \n",
      "the the"
    };
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      text.append(parts[random.nextInt(parts.length)]);
    }
    return text.toString();
  }

  @ParameterizedTest
  @MethodSource("families")
  void piecesGiveTheTokensOfTheWholeText(Supplier<ObjectNode> family) {
    Random random = new Random(3);
    TextSplitter splitter = TextSplitter.of(family.get());
    int cuts = 0;
    try (TextTokenizer whole = TinyTokenizers.open(family.get(), null, Integer.MAX_VALUE);
        TextTokenizer pieces = TinyTokenizers.open(family.get(), null, 1)) {
      for (int i = 0; i < 200; i++) {
        String text = awkward(random);
        cuts += splitter.find(text, 1) > 0 ? 1 : 0;
        assertThat(pieces.encode(text, true)).as("%s", text).isEqualTo(whole.encode(text, true));
      }
    }
    assertThat(cuts).as("texts that were cut").isGreaterThan(100);
  }

  @Test
  void longTextsAreEncodedWhole() {
    ObjectNode json = TinyTokenizers.marked();
    String text = "the thing\n".repeat(100_000);
    try (TextTokenizer tokenizer = TinyTokenizers.open(json, null, PIECE)) {
      int[] line = tokenizer.encode("a the thing\n", false);
      int[] ids = tokenizer.encode("a " + text.strip() + "\n", true);
      assertThat(ids[0]).isEqualTo(1);
      int[] rest = Arrays.copyOfRange(line, 2, line.length);
      assertThat(Arrays.copyOfRange(ids, 1, 1 + line.length)).isEqualTo(line);
      assertThat(ids.length).isGreaterThan(100_000 * (rest.length - 1));
      assertThat(Arrays.stream(ids).filter(each -> each == 1).count()).isEqualTo(1);
    }
  }

  @Test
  void unusableTokenizersAreNamed() throws IOException {
    refuses("has no tokenizer.json", "save_pretrained");
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, "{\"model\": ");
    refuses(file.toString(), "not valid JSON");
    Files.writeString(file, "{\"model\": {\"type\": \"Unknown\"}}");
    refuses(file.toString(), "not a usable tokenizer");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\n");
    refuses(file.toString(), "git lfs pull");
    Files.writeString(file, TinyTokenizers.marked().toString());
    Files.writeString(folder.resolve("tokenizer_config.json"), "[]");
    refuses("tokenizer_config.json", "JSON object");
  }

  private void refuses(String... parts) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TextTokenizer.open(storage, folder.toString()).close())
        .satisfies(each -> assertThat(each.getMessage()).contains(parts).doesNotContain("\n"));
  }

  @Test
  void aFolderIsOpenedWithItsSettings() throws IOException {
    ObjectNode json = TinyTokenizers.byteLevel();
    Files.writeString(folder.resolve("tokenizer.json"), json.toString());
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"add_bos_token\": true, \"bos_token\": \"<|end|>\"}");
    try (TextTokenizer tokenizer = TextTokenizer.open(storage, folder.toString())) {
      assertThat(tokenizer.encode("a", true)).containsExactly(269, 'a');
    }
  }

  @Test
  void halfCharactersAreRefused() {
    ObjectNode json = TinyTokenizers.byteLevel();
    for (String text : new String[] {"ab\ud83d", "ab\ude00", "ab\ud83dx"}) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> encode(json, null, text, false))
          .withMessageContaining("at 2");
    }
    assertThat(encode(json, null, "\ud83d\ude00\0", false)).hasSize(5);
  }

  @Test
  void theNetworkIsOff() {
    TextTokenizer.of(
            TinyTokenizers.byteLevel().toString().getBytes(StandardCharsets.UTF_8),
            Optional.empty(),
            "tokenizer.json",
            PIECE)
        .close();
    assertThat(System.getProperty("ai.djl.offline")).isEqualTo("true");
    assertThat(System.getProperty("OPT_OUT_TRACKING")).isEqualTo("true");
  }
}
