package org.llmsurgeon.checkpoint.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.checkpoint.TinyTokenizers;

class TextSplitterTest {
  private static final String WORDS = "the thing\nthe thing\nthe thing";

  /** Where a piece ends that begins somewhere and should have some length. */
  private static int cut(ObjectNode tokenizer, String text, int from, int length) {
    int at = TextSplitter.of(tokenizer).find(text, from + length);
    return at < 0 ? text.length() : at;
  }

  @Test
  void byteLevelTextsAreCutBetweenLetterAndSpace() {
    ObjectNode json = TinyTokenizers.byteLevel();
    assertThat(cut(json, "ab cd ef", 0, 1)).isEqualTo(2);
    assertThat(cut(json, "ab cd ef", 0, 2)).isEqualTo(2);
    assertThat(cut(json, "ab cd ef", 0, 3)).isEqualTo(5);
    assertThat(cut(json, "ab cd ef", 5, 1)).isEqualTo(8);
    assertThat(cut(json, "a. b  c! d", 0, 1)).as("not after a sign").isEqualTo(4);
    assertThat(cut(json, "1 2\n3\n\u00e9 4", 0, 1)).as("nowhere").isEqualTo(9);
  }

  @Test
  void markedTextsAreCutBeforeLineFeedsButNotAfterSpecialTokens() {
    ObjectNode json = TinyTokenizers.marked();
    assertThat(cut(json, "ab cd\nef", 0, 1)).isEqualTo(5);
    assertThat(cut(json, "ab</s>\ncd \nef", 0, 1)).isEqualTo(10);
    assertThat(cut(json, "ab cd", 0, 1)).isEqualTo(5);
    assertThat(TextSplitter.of(json).marker())
        .isEqualTo(json.path("model").path("vocab").path("\u2581").asInt());
  }

  @Test
  void everyCutIsFound() {
    TextSplitter splitter = TextSplitter.of(TinyTokenizers.byteLevel());
    assertThat(splitter.cuts()).isTrue();
    assertThat(splitter.find(WORDS, 1)).isEqualTo(3);
    assertThat(splitter.find(WORDS, 3)).isEqualTo(3);
    assertThat(splitter.find(WORDS, 4)).isEqualTo(13);
    assertThat(splitter.find(WORDS, 24)).isEqualTo(-1);
  }

  private static void assertNeverCut(ObjectNode json, Consumer<ObjectNode> change) {
    assertThat(cut(json, WORDS, 0, 1)).as("before the change").isLessThan(WORDS.length());
    change.accept(json);
    assertThat(cut(json, WORDS, 0, 1)).as("%s", json).isEqualTo(WORDS.length());
  }

  private static ObjectNode model(ObjectNode json) {
    return (ObjectNode) json.get("model");
  }

  private static ObjectNode added(ObjectNode json) {
    return (ObjectNode) json.get("added_tokens").get(0);
  }

  private static ObjectNode vocabulary(ObjectNode json) {
    return (ObjectNode) model(json).get("vocab");
  }

  @Test
  void whatIsNotProvenIsNotCut() {
    for (Consumer<ObjectNode> change :
        List.<Consumer<ObjectNode>>of(
            json -> model(json).put("type", "Unigram"),
            json -> model(json).put("dropout", 0.1),
            json -> added(json).put("lstrip", true),
            json -> added(json).put("rstrip", true),
            json -> added(json).put("single_word", true),
            json -> added(json).put("content", "a b"),
            json -> added(json).put("content", ""),
            json -> added(json).put("content", "\u2581x"))) {
      assertNeverCut(TinyTokenizers.byteLevel(), change);
      assertNeverCut(TinyTokenizers.marked(), change);
    }
  }

  @Test
  void unknownPreTokenizersAreNotCut() {
    for (String step :
        new String[] {
          "{'type': 'Whitespace'}",
          "{'type': 'ByteLevel', 'use_regex': false}",
          "{'type': 'Sequence', 'pretokenizers': []}",
          "{'type': 'Sequence', 'pretokenizers': [{'type': 'Punctuation'}, {'type': 'ByteLevel'}]}",
          "{'type': 'Sequence', 'pretokenizers': [{'type': 'ByteLevel'}, {'type': 'Digits'}]}",
          "{'type': 'Sequence', 'pretokenizers': [{'type': 'Split', 'pattern': {'Regex': '.'},"
              + " 'behavior': 'Isolated'}, {'type': 'ByteLevel', 'use_regex': false}]}"
        }) {
      assertNeverCut(
          TinyTokenizers.byteLevel(),
          json -> json.set("pre_tokenizer", TinyTokenizers.parse(step)));
    }
    assertNeverCut(
        TinyTokenizers.byteLevel(),
        json -> json.set("normalizer", TinyTokenizers.parse("{'type': 'NFKC'}")));
  }

  @Test
  void mergesAcrossLineFeedsForbidCuts() {
    assertNeverCut(TinyTokenizers.marked(), json -> vocabulary(json).put("a\n", 999));
    assertNeverCut(TinyTokenizers.marked(), json -> vocabulary(json).put("<0x0A><0x0A>", 999));
    assertNeverCut(TinyTokenizers.marked(), json -> vocabulary(json).remove("<0x0A>"));
    assertNeverCut(TinyTokenizers.marked(), json -> vocabulary(json).remove("\u2581"));
    assertNeverCut(TinyTokenizers.marked(), json -> model(json).put("byte_fallback", false));
    assertNeverCut(TinyTokenizers.marked(), json -> model(json).put("ignore_merges", true));
    assertNeverCut(
        TinyTokenizers.marked(),
        json -> json.set("normalizer", TinyTokenizers.parse("{'type': 'NFKC'}")));
    assertNeverCut(
        TinyTokenizers.marked(),
        json ->
            ((ObjectNode) json.path("normalizer").path("normalizers").get(0)).put("prepend", "x"));
  }
}
