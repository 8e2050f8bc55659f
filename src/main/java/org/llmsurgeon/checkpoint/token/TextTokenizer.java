package org.llmsurgeon.checkpoint.token;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.NativeLibraries;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.checkpoint.storage.StrictText;

/**
 * The tokenizer of a model folder: Hugging Face's own library, so that text becomes the very tokens
 * that the model was trained on. Nothing is truncated or padded, and the network is never used.
 *
 * <p>Special tokens are those that the post-processor in {@code tokenizer.json} adds; where {@code
 * tokenizer_config.json} asks for a token at the beginning or end ({@code add_bos_token}, {@code
 * add_eos_token}) and the post-processor adds none, it is added here.
 */
public final class TextTokenizer implements AutoCloseable {
  /** Characters that are encoded at once where a text may be cut. */
  private static final int PIECE = 1 << 18;

  private static final List<String> PROBES = List.of("a", "A", "0", ".", "e", "the", "\n", " ");

  static {
    // The library reports its use and fetches other builds of itself unless told not to.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    NativeLibraries.prepare();
  }

  private final String name;
  private final HuggingFaceTokenizer library;
  private final TextSplitter splitter;
  private final int piece;
  private int[] prefix = {};
  private int[] suffix = {};

  private TextTokenizer(
      String name, HuggingFaceTokenizer library, TextSplitter splitter, int piece) {
    this.name = name;
    this.library = library;
    this.splitter = splitter;
    this.piece = piece;
  }

  /**
   * Opens the tokenizer of a model folder.
   *
   * @param storage where the folder is
   * @param folder a folder with {@code tokenizer.json}
   * @throws InputException naming the file if it is missing or cannot be used
   */
  public static TextTokenizer open(Storage storage, String folder) {
    String path = Storage.child(folder, FolderFiles.TOKENIZER);
    String config = Storage.child(folder, FolderFiles.TOKENIZER_CONFIG);
    if (!storage.exists(path)) {
      throw new InputException(
          folder
              + " has no tokenizer.json; make it with transformers:"
              + " AutoTokenizer.from_pretrained(folder).save_pretrained(folder)");
    }
    Optional<JsonNode> settings =
        storage.exists(config)
            ? Optional.of(StrictJson.readObject(storage, config))
            : Optional.empty();
    return of(storage.readBytes(path), settings, path, PIECE);
  }

  /**
   * Makes a tokenizer.
   *
   * @param tokenizerJson bytes of {@code tokenizer.json}
   * @param settings content of {@code tokenizer_config.json}, where there is one
   * @param name of the file, for messages
   * @param piece characters that are encoded at once where a text may be cut
   */
  public static TextTokenizer of(
      byte[] tokenizerJson, Optional<JsonNode> settings, String name, int piece) {
    JsonNode json = StrictJson.object(tokenizerJson, name);
    TextTokenizer tokenizer =
        new TextTokenizer(name, load(tokenizerJson, name), TextSplitter.of(json), piece);
    try {
      tokenizer.learnSpecialTokens();
      settings.ifPresent(each -> tokenizer.applySettings(each, json));
      return tokenizer;
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /**
   * Tokens of a text.
   *
   * @param text any length; a long one is encoded in pieces where that provably gives the same
   *     tokens, else at once, which takes some 150 bytes of memory per byte
   * @param specialTokens whether to add the beginning and end tokens, once
   * @return token ids
   * @throws InputException if the text holds half a surrogate pair
   */
  public int[] encode(String text, boolean specialTokens) {
    int lone = StrictText.loneSurrogate(text);
    if (lone >= 0) {
      throw new InputException(
          "the text holds half a character (a lone surrogate) at " + lone + "; remove it");
    }
    IntStream.Builder ids = IntStream.builder();
    TokenStream tokens = new TokenStream(this, false, ids::add);
    if (specialTokens) {
      tokens.emit(prefix);
    }
    tokens.append(text);
    tokens.finish();
    if (specialTokens) {
      tokens.emit(suffix);
    }
    return ids.build().toArray();
  }

  /**
   * Text of tokens, special ones left out.
   *
   * @param ids token ids; a character whose bytes are not all there becomes U+FFFD
   */
  public String decode(int[] ids) {
    return library.decode(Arrays.stream(ids).asLongStream().toArray(), true);
  }

  /**
   * What stands around a pair of texts.
   *
   * @throws InputException if that cannot be found out
   */
  public PairFrame pairFrame() {
    for (String probe : PROBES) {
      long[] plain = encodePiece(probe);
      Encoding both = library.encode(probe, probe, true, false);
      long[] full = both.getIds();
      int first = plain.length == 0 ? -1 : indexOf(full, plain, 0);
      int second = first < 0 ? -1 : indexOf(full, plain, first + plain.length);
      if (second >= 0) {
        return new PairFrame(
            toInts(full, 0, first),
            toInts(full, first + plain.length, second),
            toInts(full, second + plain.length, full.length),
            both.getTypeIds()[second] > 0);
      }
    }
    throw new InputException(
        name + " puts pairs of texts together in a way that is not understood; give single texts");
  }

  /** Where a text may be cut. */
  /** Whether a text may be cut somewhere without changing its tokens, as far as it is known. */
  public boolean allowsCuts() {
    return splitter.cuts();
  }

  TextSplitter splitter() {
    return splitter;
  }

  /** Characters that are encoded at once where a text may be cut. */
  int piece() {
    return piece;
  }

  /** Special tokens before a text. */
  public int[] prefix() {
    return prefix.clone();
  }

  /** Special tokens after a text. */
  public int[] suffix() {
    return suffix;
  }

  /**
   * Tokens of a piece, without special ones.
   *
   * @param text any text
   */
  long[] encodePiece(String text) {
    return encodePiece(text, false);
  }

  @Override
  public void close() {
    library.close();
  }

  private static HuggingFaceTokenizer load(byte[] json, String name) {
    Map<String, String> options =
        Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
    } catch (LinkageError | EngineException e) {
      throw NativeLibraries.unusable(
          "the tokenizer library", ", or use token-window files instead of text", e);
    } catch (IOException | RuntimeException e) {
      throw new InputException(
          name + " is not a usable tokenizer (" + Reason.of(e) + "); download it again", e);
    }
  }

  private long[] encodePiece(String text, boolean specialTokens) {
    return library.encode(text, specialTokens, false).getIds();
  }

  /** Finds what the post-processor puts before and after the tokens of a text. */
  private void learnSpecialTokens() {
    for (String probe : PROBES) {
      long[] plain = encodePiece(probe, false);
      long[] full = encodePiece(probe, true);
      int at = plain.length == 0 ? -1 : indexOf(full, plain, 0);
      if (at >= 0) {
        prefix = toInts(full, 0, at);
        suffix = toInts(full, at + plain.length, full.length);
        return;
      }
    }
    if (encodePiece("", true).length > 0) {
      throw new InputException(
          name + " adds special tokens in a way that is not understood; give token-window files");
    }
  }

  private void applySettings(JsonNode settings, JsonNode json) {
    int[] bos = requested(settings, json, "bos_token");
    int[] eos = requested(settings, json, "eos_token");
    if (bos.length > 0 && !contains(prefix, bos[0])) {
      prefix = concatenate(bos, prefix);
    }
    if (eos.length > 0 && !contains(suffix, eos[0])) {
      suffix = concatenate(suffix, eos);
    }
  }

  /** The id of a token that the settings ask to add, or nothing. */
  private int[] requested(JsonNode settings, JsonNode json, String token) {
    JsonNode given = settings.path(token);
    String content = given.isObject() ? given.path("content").asText("") : given.asText("");
    if (!settings.path("add_" + token).asBoolean() || given.isNull() || content.isEmpty()) {
      return new int[0];
    }
    for (JsonNode added : json.path("added_tokens")) {
      if (added.path("content").asText().equals(content)) {
        return new int[] {added.path("id").asInt()};
      }
    }
    JsonNode id = json.path("model").path("vocab").path(content);
    if (!id.isInt()) {
      throw new InputException(
          name + " has no token " + content + ", the " + token + " of its tokenizer_config.json");
    }
    return new int[] {id.asInt()};
  }

  private static int indexOf(long[] whole, long[] part, int from) {
    for (int i = from; i + part.length <= whole.length; i++) {
      if (Arrays.equals(whole, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    return -1;
  }

  private static int[] toInts(long[] ids, int from, int to) {
    return Arrays.stream(ids, from, to).mapToInt(Math::toIntExact).toArray();
  }

  private static boolean contains(int[] ids, int id) {
    return Arrays.stream(ids).anyMatch(each -> each == id);
  }

  private static int[] concatenate(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }
}
