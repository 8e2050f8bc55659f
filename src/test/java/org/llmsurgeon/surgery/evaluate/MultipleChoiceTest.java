package org.llmsurgeon.surgery.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.text.ChoiceQuestion;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;

class MultipleChoiceTest {
  /** A token for each letter: a space is 0, a is 1. */
  private static final Function<String, int[]> LETTERS =
      text -> text.chars().map(each -> each == ' ' ? 0 : each - 'a' + 1).toArray();

  /** The same between a beginning token 9 and an end token 8. */
  private static final Function<String, int[]> BETWEEN =
      text -> {
        int[] letters = LETTERS.apply(text);
        int[] all = new int[letters.length + 2];
        System.arraycopy(letters, 0, all, 1, letters.length);
        all[0] = 9;
        all[all.length - 1] = 8;
        return all;
      };

  @TempDir private Path folder;

  private static ChoiceQuestion question(String context, String... choices) {
    return ChoiceQuestion.of("file, line 1,", context, List.of(choices), 0);
  }

  private static MultipleChoice encoded(int positions, String context, String... choices) {
    return new MultipleChoice.Encoder(LETTERS, BETWEEN, positions)
        .encode(question(context, choices));
  }

  @Test
  void theChoiceIsWhatComesAfterTheContextWithOneSpaceBetween() {
    MultipleChoice plain = encoded(16, "ab", "c", "def");
    assertThat(plain.tokens()).isDeepEqualTo(new int[][] {{9, 1, 2, 0, 3}, {9, 1, 2, 0, 4, 5, 6}});
    assertThat(plain.scored()).containsExactly(2, 4);
    assertThat(plain.characters()).containsExactly(1, 3);
    assertThat(encoded(16, "ab ", "c", "def").tokens()).isDeepEqualTo(plain.tokens());
    assertThat(encoded(16, "ab", " c", " def").tokens()).isDeepEqualTo(plain.tokens());
  }

  @Test
  void ofALongQuestionTheBeginningIsCutOff() {
    MultipleChoice cut = encoded(4, "abcdef", "a", "b");
    assertThat(cut.tokens()).isDeepEqualTo(new int[][] {{5, 6, 0, 1}, {5, 6, 0, 2}});
    assertThatThrownBy(() -> encoded(4, "ab", "c", "defg"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'defg' of 5 tokens");
  }

  @Test
  void theLikelihoodIsThatOfTheLossesAndTheHighestIsTheAnswer() {
    ModelConfig config = TinyModels.llama();
    try (ReferenceDevice device = new ReferenceDevice();
        LanguageModel model = LanguageModel.load(config, TinyModels.weights(config, 3), device)) {
      String[] choices = {"c", "ad", "bbb", "caba"};
      double[] sums = new double[choices.length];
      double[] perCharacter = new double[choices.length];
      MultipleChoice question = encoded(16, "abc", choices);
      for (int i = 0; i < choices.length; i++) {
        int[] all = question.tokens()[i];
        int[] context = Arrays.copyOf(all, all.length - question.scored()[i]);
        double whole = model.losses(new int[][] {all})[0] * (all.length - 1);
        double before = model.losses(new int[][] {context})[0] * (context.length - 1);
        sums[i] = question.logLikelihood(model, i);
        perCharacter[i] = sums[i] / choices[i].length();
        assertThat(sums[i]).isCloseTo(before - whole, within(1e-4));
      }
      for (int answer = 0; answer < choices.length; answer++) {
        MultipleChoice.Answered answered =
            new MultipleChoice(question.tokens(), question.scored(), question.characters(), answer)
                .ask(model);
        assertThat(answered.plain())
            .isEqualTo(sums[answer] == Arrays.stream(sums).max().orElseThrow());
        assertThat(answered.normalised())
            .isEqualTo(perCharacter[answer] == Arrays.stream(perCharacter).max().orElseThrow());
      }
    }
  }

  @Test
  void questionsAreReadLineByLine() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("q.jsonl"),
            """
            {"context": "A cat", "choices": ["sits", "flies"], "answer": 0, "id": 7}

            {"context": "", "choices": ["x", "y", "z"], "answer": 2}
            """);
    List<ChoiceQuestion> questions = ChoiceQuestion.read(new LocalStorage(), file.toString());
    assertThat(questions).hasSize(2);
    assertThat(questions.get(0).contexts()).containsExactly("A cat", "A cat");
    assertThat(questions.get(1).choices()).containsExactly("x", "y", "z");
    assertThat(questions.get(1).answer()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\": [\"a\", \"b\"], \"answer\": 0}",
        "{\"context\": \"c\", \"choices\": [\"a\"], \"answer\": 0}",
        "{\"context\": \"c\", \"choices\": [\"a\", 3], \"answer\": 0}",
        "{\"context\": \"c\", \"choices\": [\"a\", \"b\"], \"answer\": 2}",
        "{\"context\": \"c\", \"choices\": [\"a\", \"b\"], \"answer\": \"a\"}",
        "[]",
        ""
      })
  void whatIsNoQuestionIsNamedWithItsLine(String line) throws Exception {
    Path file = Files.writeString(folder.resolve("q.jsonl"), "\n" + line);
    assertThatThrownBy(() -> ChoiceQuestion.read(new LocalStorage(), file.toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(line.isEmpty() ? "no question" : "line 2");
  }
}
