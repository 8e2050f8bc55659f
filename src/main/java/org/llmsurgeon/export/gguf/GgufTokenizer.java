package org.llmsurgeon.export.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.StrictJson;

/**
 * The tokenizer of a model folder as llama.cpp knows it, of two kinds: byte-level pairs ({@code
 * gpt2}) with the name of the way in which a text is split before, and pairs of characters with
 * bytes for what is unknown ({@code llama}).
 */
final class GgufTokenizer {
  private static final String KEY = "tokenizer.ggml.";

  /** Kinds of tokens. */
  private static final int NORMAL = 1;

  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;
  private static final int BYTE = 6;

  private final String file;
  private final JsonNode json;
  private final JsonNode model;
  private final String[] tokens;
  private final int[] types;
  private final Map<String, Integer> ids = new HashMap<>();

  /**
   * Reads a tokenizer.
   *
   * @param folder the model
   * @param vocabulary rows of its embedding; tokens that the tokenizer has not are unused
   * @throws InputException where it is of another kind
   */
  GgufTokenizer(ModelFolder folder, int vocabulary) {
    this.file = folder.path() + "/" + FolderFiles.TOKENIZER;
    if (!folder.files().contains(FolderFiles.TOKENIZER)) {
      throw new InputException(
          folder.path() + " has no tokenizer.json, which a GGUF file takes in; add it.");
    }
    this.json = StrictJson.object(folder.text(FolderFiles.TOKENIZER), file);
    this.model = json.path("model");
    boolean pairs = model.path("type").asText("BPE").equals("BPE") && model.has("merges");
    require(pairs, "is no byte pair encoding");
    require(model.path("continuing_subword_prefix").asText("").isEmpty(), "marks parts of words");
    require(model.path("end_of_word_suffix").asText("").isEmpty(), "marks ends of words");
    this.tokens = new String[vocabulary];
    this.types = new int[vocabulary];
    readTokens();
  }

  private void require(boolean condition, String what) {
    if (!condition) {
      throw new InputException(
          file + " " + what + ", which GGUF is not written for; leave the GGUF file out.");
    }
  }

  private void readTokens() {
    Arrays.fill(types, UNUSED);
    Arrays.setAll(tokens, i -> "[PAD" + i + "]");
    model.path("vocab").fields().forEachRemaining(e -> add(e.getKey(), e.getValue(), NORMAL));
    for (JsonNode each : json.path("added_tokens")) {
      boolean special = each.path("special").asBoolean();
      add(each.path("content").asText(), each.path("id"), special ? CONTROL : USER_DEFINED);
    }
  }

  private void add(String token, JsonNode id, int type) {
    if (!id.isInt() || id.asInt() < 0 || id.asInt() >= tokens.length) {
      throw new InputException(
          "%s has token %s for '%s', but the model has %d; they do not belong together"
              .formatted(file, id, token, tokens.length));
    }
    tokens[id.asInt()] = token;
    types[id.asInt()] = type;
    ids.put(token, id.asInt());
  }

  /** Says everything but the special tokens. */
  void describe(GgufMetadata metadata) {
    if (model.path("byte_fallback").asBoolean()) {
      describeCharacters(metadata);
    } else {
      describeBytes(metadata);
    }
    metadata.put(KEY + "tokens", List.of(tokens));
    metadata.put(KEY + "token_type", types);
  }

  private void describeBytes(GgufMetadata metadata) {
    JsonNode normalizer = json.path("normalizer");
    // NFC is nothing for composed text, and llama.cpp's tokenizers for such models leave it out.
    boolean plain =
        normalizer.isMissingNode()
            || normalizer.isNull()
            || normalizer.path("type").asText().equals("NFC");
    require(plain, "normalises text");
    String splitting =
        GgufSplitting.name(json.path("pre_tokenizer"), model.path("ignore_merges").asBoolean());
    require(splitting != null, "splits text in a way that llama.cpp has no name for");
    metadata.put(KEY + "model", "gpt2");
    metadata.put(KEY + "pre", splitting);
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : model.path("merges")) {
      merges.add(
          merge.isArray() ? merge.path(0).asText() + " " + merge.path(1).asText() : merge.asText());
    }
    metadata.put(KEY + "merges", merges);
  }

  private void describeCharacters(GgufMetadata metadata) {
    boolean prefixed = GgufSplitting.prefixes(json);
    require(GgufSplitting.marksSpaces(json), "has bytes for unknown characters but no space marks");
    for (int i = 0; i < 256; i++) {
      Integer id = ids.get("<0x%02X>".formatted(i));
      require(id != null, "lacks bytes for unknown characters");
      types[id] = BYTE;
    }
    Integer unknown = ids.get(model.path("unk_token").asText(""));
    if (unknown != null) {
      types[unknown] = UNKNOWN;
      metadata.put(KEY + "unknown_token_id", unknown);
    }
    metadata.put(KEY + "model", "llama");
    metadata.put(KEY + "pre", "default");
    metadata.put(KEY + "scores", scores());
    metadata.put(KEY + "add_space_prefix", prefixed);
  }

  /**
   * Scores that lead llama.cpp to the same merges: it merges any two neighbours that are a token
   * together, the token of highest score first, so that order must be that of the merges, and all
   * ways to make a token must be among them.
   */
  private float[] scores() {
    Map<String, int[]> ranks = new HashMap<>();
    Map<String, Integer> pairs = new HashMap<>();
    for (JsonNode merge : model.path("merges")) {
      String left = merge.isArray() ? merge.path(0).asText() : before(merge.asText());
      String right = merge.isArray() ? merge.path(1).asText() : after(merge.asText());
      int rank = pairs.size();
      pairs.put(left + " " + right, rank);
      int[] all = ranks.computeIfAbsent(left + right, key -> new int[] {rank, rank, 0});
      all[1] = rank;
      all[2]++;
    }
    float[] scores = new float[tokens.length];
    ranks.forEach(
        (token, all) -> {
          require(all[1] - all[0] + 1 == all[2], "merges in an order that scores cannot say");
          if (ids.containsKey(token)) {
            scores[ids.get(token)] = -all[0];
          }
        });
    for (int id = 0; id < tokens.length; id++) {
      if (types[id] == NORMAL) {
        requireAllMerges(tokens[id], pairs);
      }
    }
    return scores;
  }

  private void requireAllMerges(String token, Map<String, Integer> pairs) {
    for (int at = token.offsetByCodePoints(0, 1);
        at < token.length();
        at = token.offsetByCodePoints(at, 1)) {
      String left = token.substring(0, at);
      String right = token.substring(at);
      if (isSymbol(left) && isSymbol(right)) {
        require(
            pairs.containsKey(left + " " + right), "does not merge all parts of '" + token + "'");
      }
    }
  }

  private boolean isSymbol(String text) {
    return ids.containsKey(text) || text.codePointCount(0, text.length()) == 1;
  }

  private static String before(String merge) {
    return merge.substring(0, merge.indexOf(' ', 1));
  }

  private static String after(String merge) {
    return merge.substring(merge.indexOf(' ', 1) + 1);
  }

  /**
   * Says which tokens begin and end texts.
   *
   * @param folder the model
   * @param before tokens that are put before a text
   * @param after tokens that are put after it
   */
  void describeSpecial(ModelFolder folder, int[] before, int[] after, GgufMetadata metadata) {
    require(before.length <= 1 && after.length <= 1, "puts several tokens around a text");
    JsonNode settings =
        folder.files().contains(FolderFiles.TOKENIZER_CONFIG)
            ? StrictJson.object(
                folder.text(FolderFiles.TOKENIZER_CONFIG), FolderFiles.TOKENIZER_CONFIG)
            : json.path("none");
    int end = after.length > 0 ? after[0] : special(settings, folder.config(), "eos");
    if (end < 0) {
      throw new InputException(
          folder.path()
              + " does not say which token ends a text, and llama.cpp would take another; name it"
              + " as \"eos_token_id\" in config.json.");
    }
    int begin = before.length > 0 ? before[0] : special(settings, folder.config(), "bos");
    int padding = special(settings, folder.config(), "pad");
    metadata.put(KEY + "bos_token_id", begin < 0 ? end : begin);
    metadata.put(KEY + "eos_token_id", end);
    if (padding >= 0) {
      metadata.put(KEY + "padding_token_id", padding);
    }
    metadata.put(KEY + "add_bos_token", before.length > 0);
    metadata.put(KEY + "add_eos_token", after.length > 0);
    if (settings.path("chat_template").isTextual()) {
      metadata.put("tokenizer.chat_template", settings.path("chat_template").asText());
    }
  }

  /** A token's id as the tokenizer's settings or the configuration name it; -1 where none does. */
  private int special(JsonNode settings, JsonNode config, String name) {
    JsonNode given = settings.path(name + "_token");
    String content = given.isObject() ? given.path("content").asText("") : given.asText("");
    Integer id = ids.get(content);
    if (id != null) {
      return id;
    }
    JsonNode number = config.path(name + "_token_id");
    int first = (number.isArray() ? number.path(0) : number).asInt(-1);
    return first < tokens.length ? first : -1;
  }
}
