package org.llmsurgeon.checkpoint.token;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where a long text may be cut without changing its tokens, as far as {@code tokenizer.json} proves
 * it. The tokenizer library needs some 150 bytes per byte of text, so a text is encoded in pieces
 * where that is exact, and whole where it is not known to be.
 *
 * <p>No added token may hold white space or look at its surroundings, and the character before a
 * cut is none with which one ends: so none crosses or touches a cut. Then two families are known:
 *
 * <ul>
 *   <li>Byte-level BPE whose pre-tokenizer is one of the regular expressions below, without a
 *       normalizer. Words are encoded one by one, and no match of these expressions holds a letter
 *       followed by white space; the matches before a cut do not look beyond it, as they only look
 *       ahead from white space. Cut between an ASCII letter and a space, which also keeps {@code
 *       add_prefix_space} from adding one.
 *   <li>BPE over the whole text with spaces written as {@code U+2581}, where no vocabulary entry
 *       but the line feed itself holds a line feed. Then no merge crosses a line feed, and merges
 *       on its two sides do not affect each other. Cut before a line feed. The mark that is put
 *       before a text is then the first token of every later piece, alone, and is dropped.
 * </ul>
 */
final class TextSplitter {
  private static final String MARK = "\u2581";
  private static final String LINE_FEED_BYTE = "<0x0A>";

  /** Llama 3's expression; the first one, GPT-2's, is what {@code use_regex} means. */
  private static final String LLAMA_3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Never cuts. */
  private static final TextSplitter WHOLE = new TextSplitter('\0', -1, Set.of());

  private final char separator;
  private final int marker;
  private final Set<Character> tokenEnds;

  private TextSplitter(char separator, int marker, Set<Character> tokenEnds) {
    this.separator = separator;
    this.marker = marker;
    this.tokenEnds = tokenEnds;
  }

  /**
   * The cuts that a tokenizer allows.
   *
   * @param tokenizer content of {@code tokenizer.json}
   */
  static TextSplitter of(JsonNode tokenizer) {
    JsonNode model = tokenizer.path("model");
    boolean plain =
        model.path("type").asText().equals("BPE")
            && model.path("dropout").asDouble(0) == 0
            && model.path("vocab").isObject()
            && addedTokensKeepOut(tokenizer.path("added_tokens"));
    if (!plain) {
      return WHOLE;
    }
    if (isByteLevel(tokenizer)) {
      return new TextSplitter(' ', -1, tokenEnds(tokenizer));
    }
    return isMarked(tokenizer) ? markedSplitter(tokenizer) : WHOLE;
  }

  /** Token that stands alone at the start of every piece but the first and is dropped, or -1. */
  int marker() {
    return marker;
  }

  /** Whether any place to cut is known. */
  boolean cuts() {
    return this != WHOLE;
  }

  /**
   * The next place to cut.
   *
   * @param text some text
   * @param from the first place that is wanted, at least 1
   * @return index of the character behind it, or -1 if there is none
   */
  int find(CharSequence text, int from) {
    if (this == WHOLE) {
      return -1;
    }
    for (int at = from; at < text.length(); at++) {
      if (text.charAt(at) == separator && endsPiece(text.charAt(at - 1))) {
        return at;
      }
    }
    return -1;
  }

  private boolean endsPiece(char c) {
    boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return (letter || marker >= 0) && !tokenEnds.contains(c);
  }

  private static Set<Character> tokenEnds(JsonNode tokenizer) {
    Set<Character> ends = new HashSet<>();
    for (JsonNode token : tokenizer.path("added_tokens")) {
      String content = token.path("content").asText();
      ends.add(content.charAt(content.length() - 1));
    }
    return ends;
  }

  private static boolean addedTokensKeepOut(JsonNode tokens) {
    for (JsonNode token : tokens) {
      String content = token.path("content").asText();
      boolean looksAround =
          token.path("lstrip").asBoolean()
              || token.path("rstrip").asBoolean()
              || token.path("single_word").asBoolean();
      if (looksAround
          || content.isEmpty()
          || content.chars().anyMatch(c -> Character.isWhitespace(c) || c == MARK.charAt(0))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isByteLevel(JsonNode tokenizer) {
    if (!isAbsent(tokenizer.path("normalizer"))) {
      return false;
    }
    JsonNode outer = tokenizer.path("pre_tokenizer");
    if (isType(outer, "ByteLevel")) {
      return usesRegex(outer);
    }
    if (!isType(outer, "Sequence")) {
      return false;
    }
    Iterator<JsonNode> steps = outer.path("pretokenizers").elements();
    boolean split = false;
    while (steps.hasNext()) {
      JsonNode step = steps.next();
      if (isType(step, "ByteLevel")) {
        return !steps.hasNext() && split != usesRegex(step);
      }
      if (isLlama3Split(step) && !split) {
        split = true;
      } else if (!isType(step, "Digits") || split) {
        return false;
      }
    }
    return false;
  }

  private static boolean usesRegex(JsonNode byteLevel) {
    return byteLevel.path("use_regex").asBoolean(true);
  }

  private static boolean isLlama3Split(JsonNode step) {
    return isType(step, "Split")
        && step.path("pattern").path("Regex").asText().equals(LLAMA_3)
        && step.path("behavior").asText().equals("Isolated")
        && !step.path("invert").asBoolean();
  }

  /** Whether spaces become marks, and one mark is put before the text. */
  private static boolean isMarked(JsonNode tokenizer) {
    JsonNode normalizer = tokenizer.path("normalizer");
    JsonNode before = tokenizer.path("pre_tokenizer");
    if (isAbsent(normalizer)) {
      return isType(before, "Metaspace")
          && before.path("replacement").asText().equals(MARK)
          && !before.path("split").asBoolean(true)
          && List.of("first", "always").contains(before.path("prepend_scheme").asText());
    }
    JsonNode steps = normalizer.path("normalizers");
    return isAbsent(before)
        && isType(normalizer, "Sequence")
        && steps.size() == 2
        && isType(steps.get(0), "Prepend")
        && steps.get(0).path("prepend").asText().equals(MARK)
        && isType(steps.get(1), "Replace")
        && steps.get(1).path("pattern").path("String").asText().equals(" ")
        && steps.get(1).path("content").asText().equals(MARK);
  }

  private static TextSplitter markedSplitter(JsonNode tokenizer) {
    JsonNode model = tokenizer.path("model");
    JsonNode vocabulary = model.path("vocab");
    boolean known =
        vocabulary.has("\n")
            || (model.path("byte_fallback").asBoolean() && vocabulary.has(LINE_FEED_BYTE));
    if (!known || !vocabulary.has(MARK) || model.path("ignore_merges").asBoolean()) {
      return WHOLE;
    }
    for (Map.Entry<String, JsonNode> each : vocabulary.properties()) {
      if (holdsMore(each.getKey(), "\n") || holdsMore(each.getKey(), LINE_FEED_BYTE)) {
        return WHOLE;
      }
    }
    return new TextSplitter('\n', vocabulary.get(MARK).asInt(), tokenEnds(tokenizer));
  }

  private static boolean holdsMore(String entry, String part) {
    return entry.contains(part) && !entry.equals(part);
  }

  private static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static boolean isType(JsonNode node, String type) {
    return node.path("type").asText().equals(type);
  }
}
