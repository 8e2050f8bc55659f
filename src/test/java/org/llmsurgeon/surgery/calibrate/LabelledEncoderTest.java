package org.llmsurgeon.surgery.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.FloatNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.text.LabelledText;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.model.config.Classification;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.Regression;
import org.llmsurgeon.model.config.TextRow;

@DisplayName("A labelled text")
class LabelledEncoderTest {
  private static final TextRow ROW = new TextRow(11, 2);
  private static final JsonNode CONFIG =
      TinyTokenizers.parse("{'id2label': {'0': 'no', '1': 'yes', '2': 'perhaps'}}");
  private static final Objective LABELS = new Classification(3, false, ROW);

  private static LabelledEncoder.Encoded encoded(
      Objective objective, int tokens, List<String> texts, JsonNode... labels) {
    try (TextTokenizer tokenizer = TinyTokenizers.open(TinyTokenizers.wordPiece(), null, 1000)) {
      return new LabelledEncoder(tokenizer, objective, CONFIG, tokens)
          .encode(new LabelledText("a.jsonl, line 3,", texts, "label", List.of(labels)));
    }
  }

  /** Ids and types as the library tokenizers 0.22 gives them, with and without truncation. */
  @ParameterizedTest
  @CsvSource({
    "99, 2 5 6 8 7 5 9 10 3 9 8 10 5 6 3, 000000000111111",
    "9, 2 5 6 8 3 9 8 10 3, 000001111",
    "8, 2 5 6 8 3 9 8 3, 00000111",
    "7, 2 5 6 3 9 8 3, 0000111",
    "6, 2 5 6 3 9 3, 000011",
    "5, 2 5 3 9 3, 00011"
  })
  void isCutAndTypedAsTransformersDoes(int tokens, String ids, String types) {
    LabelledEncoder.Encoded pair =
        encoded(
            LABELS,
            tokens,
            List.of("The cats sat the dog ran", "dogs ran the cat"),
            new IntNode(2));
    int[] window = LabelledEncoder.windows(List.of(pair), false)[0];
    Objective.Example example = LABELS.example(window);
    assertThat(example.ids()).containsExactly(numbers(ids.split(" ")));
    assertThat(example.types()).containsExactly(numbers(types.split("")));
    assertThat(example.targets()).startsWith(2).hasSize(example.ids().length);
  }

  private static int[] numbers(String[] words) {
    return java.util.Arrays.stream(words).mapToInt(Integer::parseInt).toArray();
  }

  @Test
  void standsWithItsLabelBehindItInAWindow() {
    LabelledEncoder.Encoded longer =
        encoded(LABELS, 9, List.of("the cats sat"), new TextNode("yes"));
    LabelledEncoder.Encoded shorter = encoded(LABELS, 4, List.of("the cats sat"), new IntNode(0));
    assertThat(LabelledEncoder.windows(List.of(longer, shorter), false))
        .isDeepEqualTo(new int[][] {{2, 5, 6, 8, 7, 3, 1}, {2, 5, 6, 3, -1, -1, 0}});
    assertThat(LABELS.example(new int[] {2, 5, 6, 3, -1, -1, 0}).types()).isNull();
  }

  /** Word pieces as the library gives them with is_split_into_words. */
  @Test
  void ofWordsHasTheirLabelsAtTheirFirstTokens() {
    Objective each = new Classification(3, true, ROW);
    LabelledEncoder.Encoded words =
        encoded(
            each,
            9,
            List.of("The", "cats", "sat"),
            new TextNode("perhaps"),
            new IntNode(1),
            new IntNode(0));
    int[] window = LabelledEncoder.windows(List.of(words), true)[0];
    Objective.Example example = each.example(window);
    assertThat(example.ids()).containsExactly(2, 5, 6, 8, 7, 3);
    assertThat(example.targets()).containsExactly(-1, 2, 1, -1, 0, -1);
    LabelledEncoder.Encoded cut =
        encoded(each, 4, List.of("The", "cats"), new IntNode(2), new IntNode(1));
    assertThat(cut.ids()).containsExactly(2, 5, 6, 3);
    assertThat(cut.labels()).containsExactly(-1, 2, 1, -1);
  }

  @Test
  void withANumberKeepsAllItsBits() {
    Objective number = new Regression(ROW);
    for (float each : new float[] {0.1f, -3.75f, 5, 0, Float.MIN_VALUE, -Float.MAX_VALUE}) {
      LabelledEncoder.Encoded text =
          encoded(number, 9, List.of("the cat"), FloatNode.valueOf(each));
      int[] window = LabelledEncoder.windows(List.of(text), false)[0];
      assertThat(window).doesNotContain(-2);
      assertThat(number.example(window).number()).isEqualTo(each);
      assertThat(number.example(window).ids()).containsExactly(2, 5, 6, 3);
    }
  }

  @Test
  void isRefusedWithItsLineAndColumn() {
    assertThatThrownBy(() -> encoded(LABELS, 9, List.of("the"), new TextNode("maybe")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "a.jsonl, line 3, has \"maybe\" as its \"label\", which is no label of the model; give"
                + " a number from 0 to 2 or no, yes, perhaps");
    assertThatThrownBy(() -> encoded(LABELS, 9, List.of("the"), new IntNode(3)))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("a.jsonl, line 3, has 3 as its \"label\"");
    assertThatThrownBy(() -> encoded(new Regression(ROW), 9, List.of("the"), new TextNode("good")))
        .isInstanceOf(InputException.class)
        .hasMessage("a.jsonl, line 3, has \"good\" as its \"label\"; give a finite number");
    assertThatThrownBy(() -> encoded(LABELS, 2, List.of("the"), new IntNode(0)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("give 3 at least");
  }

  @Test
  void hasTheNumberOfItsNameInEitherTable() {
    JsonNode config = TinyTokenizers.parse("{'label2id': {'B': 1, 'A': 0, 'Z': 9}}");
    assertThat(LabelNames.of(config, 2).byName()).isEqualTo(Map.of("A", 0, "B", 1));
    for (String wrong : new String[] {"{'label2id': {'B': 'one'}}", "{'id2label': {'one': 'B'}}"}) {
      assertThatThrownBy(() -> LabelNames.of(TinyTokenizers.parse(wrong), 2))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("config.json has \"one\" as the number of a label in ");
    }
  }
}
