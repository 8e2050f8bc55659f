package org.llmsurgeon.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.checkpoint.token.TextTokenizer;

/** Contents of small {@code tokenizer.json} files of the two great families. */
public final class TinyTokenizers {
  private static final String LLAMA_3_REGEX =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String MARK = "\u2581";

  private TinyTokenizers() {}

  /**
   * Byte-level BPE as GPT-2: 256 bytes as ids 0 to 255 in the order of their letters, then merges,
   * then {@code <|end|>}.
   */
  public static ObjectNode byteLevel() {
    ObjectNode json = frame();
    ObjectNode vocabulary = MAPPER.createObjectNode();
    for (int i = 0; i < 256; i++) {
      vocabulary.put(String.valueOf(byteLetter(i)), i);
    }
    ArrayNode merges = MAPPER.createArrayNode();
    for (String merge :
        new String[] {
          "t h",
          "th e",
          "\u0120 the",
          "\u0120 a",
          "i n",
          "in g",
          "\u0120 \u0120",
          "\u010a \u010a",
          ". \u010a",
          "1 2",
          "12 3",
          "' s",
          "\u0120 t"
        }) {
      merges.add(merge);
      vocabulary.put(merge.replace(" ", ""), vocabulary.size());
    }
    model(json, vocabulary, merges);
    json.set("pre_tokenizer", byteLevelStep(true));
    addToken(json, vocabulary.size(), "<|end|>");
    return json;
  }

  /** BPE over the whole text, with marks for spaces, bytes for unknown characters, and BOS. */
  public static ObjectNode marked() {
    ObjectNode json = frame();
    ObjectNode vocabulary = MAPPER.createObjectNode();
    for (String each : new String[] {"<unk>", "<s>", "</s>"}) {
      addToken(json, vocabulary.size(), each);
      vocabulary.put(each, vocabulary.size());
    }
    for (int i = 0; i < 256; i++) {
      vocabulary.put("<0x%02X>".formatted(i), vocabulary.size());
    }
    for (char c = 'a'; c <= 'z'; c++) {
      vocabulary.put(String.valueOf(c), vocabulary.size());
    }
    vocabulary.put(MARK, vocabulary.size());
    vocabulary.put(".", vocabulary.size());
    ArrayNode merges = MAPPER.createArrayNode();
    for (String merge : new String[] {"t h", "th e", "_ the", "_ _", "_ a", "e _", ". _", "i n"}) {
      String pair = merge.replace("_", MARK);
      merges.add(pair);
      vocabulary.put(pair.replace(" ", ""), vocabulary.size());
    }
    model(json, vocabulary, merges);
    ((ObjectNode) json.get("model")).put("byte_fallback", true).put("fuse_unk", true);
    ((ObjectNode) json.get("model")).put("unk_token", "<unk>");
    json.set(
        "normalizer",
        parse(
            "{'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '_'},"
                + " {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '_'}]}"));
    json.set("post_processor", template("<s>", 1));
    return json;
  }

  /** Pieces of eleven words, with special tokens around texts and pairs as BERT has them. */
  public static ObjectNode wordPiece() {
    ObjectNode json = frame();
    String[] words = {
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "##s", "dog", "ran"
    };
    ObjectNode model = json.putObject("model").put("type", "WordPiece").put("unk_token", words[1]);
    model.put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < words.length; id++) {
      vocabulary.put(words[id], id);
      if (words[id].startsWith("[")) {
        addToken(json, id, words[id]);
      }
    }
    json.putObject("normalizer").put("type", "BertNormalizer").put("lowercase", true);
    ((ObjectNode) json.get("normalizer")).put("clean_text", true).put("handle_chinese_chars", true);
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    json.set(
        "post_processor",
        parse(
            "{'type': 'TemplateProcessing', 'single': [C0, A0, S0], 'pair': [C0, A0, S0, B1, S1],"
                    .replaceAll("([CS])(\\d)", "{'SpecialToken': {'id': '$1', 'type_id': $2}}")
                    .replaceAll("([AB])(\\d)", "{'Sequence': {'id': '$1', 'type_id': $2}}")
                + "'special_tokens': {'C': {'id': 'C', 'ids': [2], 'tokens': ['[CLS]']},"
                + " 'S': {'id': 'S', 'ids': [3], 'tokens': ['[SEP]']}}}"));
    return json;
  }

  /** {@link #byteLevel} with a space put before the text. */
  public static ObjectNode prefixSpace() {
    ObjectNode json = byteLevel();
    ((ObjectNode) json.get("pre_tokenizer")).put("add_prefix_space", true);
    return json;
  }

  /** {@link #byteLevel} with every digit by itself. */
  public static ObjectNode digits() {
    return sequence(parse("{'type': 'Digits', 'individual_digits': true}"), true);
  }

  /** {@link #byteLevel} with Llama 3's words. */
  public static ObjectNode llama3() {
    ObjectNode split =
        parse("{'type': 'Split', 'pattern': {}, 'behavior': 'Isolated', 'invert': false}");
    ((ObjectNode) split.get("pattern")).put("Regex", LLAMA_3_REGEX);
    return sequence(split, false);
  }

  /** {@link #marked} as newer programs write it: a pre-tokenizer for the marks. */
  public static ObjectNode metaspace() {
    ObjectNode json = marked();
    json.putNull("normalizer");
    json.set(
        "pre_tokenizer",
        parse(
            "{'type': 'Metaspace', 'replacement': '_', 'prepend_scheme': 'first',"
                + " 'split': false}"));
    return json;
  }

  private static ObjectNode sequence(ObjectNode first, boolean useRegex) {
    ObjectNode json = byteLevel();
    ObjectNode steps = json.putObject("pre_tokenizer").put("type", "Sequence");
    steps.putArray("pretokenizers").add(first).add(byteLevelStep(useRegex));
    return json;
  }

  /** A post-processor that puts one token before the text. */
  public static ObjectNode template(String token, int id) {
    return parse(
        ("{'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': 'T', 'type_id': 0}},"
                + " {'Sequence': {'id': 'A', 'type_id': 0}}], 'pair': [],"
                + " 'special_tokens': {'T': {'id': 'T', 'ids': [#], 'tokens': ['T']}}}")
            .replace("#", Integer.toString(id))
            .replace("'T'", "'" + token + "'"));
  }

  public static ObjectNode byteLevelStep(boolean useRegex) {
    return parse(
        "{'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true, 'use_regex': "
            + useRegex
            + "}");
  }

  /** The tokenizer that a content makes, cutting texts after so many characters. */
  public static TextTokenizer open(ObjectNode json, String settings, int piece) {
    return TextTokenizer.of(
        json.toString().getBytes(StandardCharsets.UTF_8),
        Optional.ofNullable(settings).map(TinyTokenizers::parse),
        "tokenizer.json",
        piece);
  }

  /** JSON with single quotes for double ones and {@code _} for the mark of spaces. */
  public static ObjectNode parse(String json) {
    String text = json.replace('\'', '"').replace("\"_\"", "\"" + MARK + "\"");
    return (ObjectNode) StrictJson.object(text, "test");
  }

  private static ObjectNode frame() {
    ObjectNode json = MAPPER.createObjectNode().put("version", "1.0");
    json.putNull("truncation").putNull("padding").putArray("added_tokens");
    json.putNull("normalizer").putNull("pre_tokenizer").putNull("post_processor");
    json.putNull("decoder");
    return json;
  }

  private static void model(ObjectNode json, ObjectNode vocabulary, ArrayNode merges) {
    ObjectNode model = json.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.set("vocab", vocabulary);
    model.set("merges", merges);
  }

  public static void addToken(ObjectNode json, int id, String content) {
    ((ArrayNode) json.get("added_tokens"))
        .addObject()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  /** GPT-2's letter for a byte: itself where it prints, else the next from U+0100 on. */
  private static char byteLetter(int value) {
    int shifted = 0;
    for (int i = 0; i < 256; i++) {
      boolean prints = (i >= '!' && i <= '~') || (i >= 0xa1 && i <= 0xac) || i >= 0xae;
      if (i == value) {
        return (char) (prints ? i : 256 + shifted);
      }
      shifted += prints ? 0 : 1;
    }
    throw new IllegalArgumentException("byte " + value);
  }
}
