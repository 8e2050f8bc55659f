package org.llmsurgeon.export.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** What a {@code tokenizer.json} does to a text before pairs are merged, in llama.cpp's words. */
final class GgufSplitting {
  /** Of Llama 3: words, up to three digits, punctuation, line ends, spaces. */
  private static final String LLAMA_3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Of Qwen 2: the same with single digits. */
  private static final String QWEN_2 = LLAMA_3.replace("{1,3}", "");

  private GgufSplitting() {}

  /**
   * The name of the splitting before byte-level pairs; null where llama.cpp has none.
   *
   * @param preTokenizer what stands in the file
   * @param wholeFirst whether a word that is a token is not merged at all
   */
  static String name(JsonNode preTokenizer, boolean wholeFirst) {
    List<JsonNode> steps = steps(preTokenizer, "pretokenizers");
    if (steps.isEmpty() || !type(steps.get(steps.size() - 1)).equals("ByteLevel")) {
      return null;
    }
    JsonNode bytes = steps.get(steps.size() - 1);
    if (bytes.path("add_prefix_space").asBoolean(true)) {
      return null;
    }
    boolean words = bytes.path("use_regex").asBoolean(true);
    String name = null;
    if (steps.size() == 1 && words) {
      name = "gpt-2";
    } else if (steps.size() == 2) {
      JsonNode first = steps.get(0);
      boolean digits = type(first).equals("Digits") && first.path("individual_digits").asBoolean();
      boolean isolated = first.path("behavior").asText().equals("Isolated");
      String pattern = first.path("pattern").path("Regex").asText();
      if (digits && words) {
        name = "smollm";
      } else if (isolated && !words && pattern.equals(LLAMA_3)) {
        return wholeFirst ? "llama-bpe" : "dbrx";
      } else if (isolated && !words && pattern.equals(QWEN_2)) {
        name = "qwen2";
      }
    }
    return wholeFirst ? null : name;
  }

  /** Whether spaces become the mark that sentencepiece has for them. */
  static boolean marksSpaces(JsonNode tokenizer) {
    boolean replaced =
        steps(tokenizer.path("normalizer"), "normalizers").stream()
            .anyMatch(
                each ->
                    type(each).equals("Replace")
                        && each.path("pattern").path("String").asText().equals(" ")
                        && each.path("content").asText().equals("▁"));
    return replaced
        || steps(tokenizer.path("pre_tokenizer"), "pretokenizers").stream()
            .anyMatch(
                each ->
                    type(each).equals("Metaspace")
                        && each.path("replacement").asText().equals("▁"));
  }

  /** Whether a text gets a space before it. */
  static boolean prefixes(JsonNode tokenizer) {
    boolean prepended =
        steps(tokenizer.path("normalizer"), "normalizers").stream()
            .anyMatch(each -> type(each).equals("Prepend"));
    return prepended
        || steps(tokenizer.path("pre_tokenizer"), "pretokenizers").stream()
            .filter(each -> type(each).equals("Metaspace"))
            .anyMatch(
                each ->
                    !each.path("prepend_scheme").asText("always").equals("never")
                        && each.path("add_prefix_space").asBoolean(true));
  }

  private static String type(JsonNode step) {
    return step.path("type").asText();
  }

  private static List<JsonNode> steps(JsonNode node, String list) {
    List<JsonNode> steps = new ArrayList<>();
    if (type(node).equals("Sequence")) {
      node.path(list).forEach(steps::add);
    } else if (node.isObject()) {
      steps.add(node);
    }
    return steps;
  }
}
