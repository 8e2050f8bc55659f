package org.llmsurgeon.surgery.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.text.ChoiceQuestion;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;

/** Questions as ARC, HellaSwag, PIQA and WinoGrande publish them. */
class PublishedQuestionsTest {
  private static final String LINES =
      """
      {"id": "a1", "question": "Tom was hot in the sun. What did Tom want?", "choices": {"text": ["a cold drink", "a very big and warm coat", "fire"], "label": ["A", "B", "C"]}, "answerKey": "A"}
      {"id": "a2", "question": {"stem": "What can a bird do?", "choices": [{"text": "fly in the sky", "label": "1"}, {"text": "read", "label": "2"}]}, "answerKey": "1"}
      {"ind": 3, "activity_label": "Playing ball", "ctx_a": "Lily has a red ball.", "ctx_b": "she", "ctx": "Lily has a red ball. she", "endings": ["throws the ball to Ben. [substeps] Ben smiles.", "eats the moon  and the stars.", "was not a ball [title] sad", "likes to play."], "label": "0"}
      {"goal": "keep your toys clean", "sol1": "put them in the box", "sol2": "throw all of them in the mud outside of the house", "label": 0}
      {"sentence": "Ben gave Mia his hat because _ was cold.", "option1": "Ben", "option2": "Mia", "answer": "2"}
      {"sentence": "The dog did not fit in the box as the _ was too small to hold it.", "option1": "dog", "option2": "box", "answer": "2"}
      """;

  /**
   * Made by a program of its own: transformers 5.24 in single precision, the log-softmax in double,
   * texts and lengths put together by the Python code of lm-evaluation-harness's tasks, with the
   * token that the tokenizer begins texts with.
   */
  private static final double[][] LIKELIHOODS = {
    {-20.83504, -28.00297, -12.73142},
    {-14.61807, -7.62049},
    {-32.77609, -29.32293, -30.55071, -11.0321},
    {-19.90058, -44.87023},
    {-7.13589, -7.25163},
    {-20.43889, -20.56263}
  };

  private static final int[][] LENGTHS = {
    {12, 24, 4}, {14, 4}, {35, 28, 19, 14}, {19, 49}, {32, 32}, {41, 41}
  };

  private static final int[] ANSWERS = {0, 0, 0, 0, 1, 1};

  @TempDir private Path folder;

  private List<ChoiceQuestion> questions(String lines) throws IOException {
    Path file = Files.writeString(folder.resolve("q.jsonl"), lines);
    return ChoiceQuestion.read(new LocalStorage(), file.toString());
  }

  @Test
  void theyAreAskedAsTheHarnessDoes() throws IOException {
    List<ChoiceQuestion> all = questions(LINES);
    assertThat(all.get(0).contexts().get(1))
        .isEqualTo("Question: Tom was hot in the sun. What did Tom want?\nAnswer:");
    assertThat(all.get(1).choices()).containsExactly("fly in the sky", "read");
    assertThat(all.get(2).contexts().get(0)).isEqualTo("Playing ball: Lily has a red ball. She");
    assertThat(all.get(2).choices())
        .containsExactly(
            "throws the ball to Ben. Ben smiles.",
            "eats the moon and the stars.",
            "was not a ball. sad",
            "likes to play.");
    assertThat(all.get(4).contexts())
        .containsExactly("Ben gave Mia his hat because Ben", "Ben gave Mia his hat because Mia");
    assertThat(all.get(4).choices()).containsExactly("was cold.", "was cold.");
  }

  @Test
  @Tag(SharedData.TAG)
  void likelihoodsLengthsAndAnswersAreThoseOfTransformers() throws IOException {
    String hub = SharedData.path("models/stories260K/hf").toString();
    LocalStorage storage = new LocalStorage();
    List<ChoiceQuestion> all = questions(LINES);
    try (Device device = CpuDevice.create();
        LanguageModel model = FolderWeights.model(storage, hub, device);
        TextTokenizer tokenizer = TextTokenizer.open(storage, hub)) {
      MultipleChoice.Encoder encoder =
          new MultipleChoice.Encoder(tokenizer, model.config().maxPositions());
      int right = 0;
      int rightNormalised = 0;
      for (int i = 0; i < all.size(); i++) {
        MultipleChoice question = encoder.encode(all.get(i));
        assertThat(question.answer()).isEqualTo(ANSWERS[i]);
        assertThat(question.characters()).isEqualTo(LENGTHS[i]);
        for (int choice = 0; choice < LENGTHS[i].length; choice++) {
          assertThat(question.logLikelihood(model, choice))
              .as("question %d, choice %d", i, choice)
              .isCloseTo(LIKELIHOODS[i][choice], within(2e-4));
        }
        right += question.ask(model).plain() ? 1 : 0;
        rightNormalised += question.ask(model).normalised() ? 1 : 0;
      }
      assertThat(right).isEqualTo(1);
      assertThat(rightNormalised).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'question': 'q', 'choices': {'text': ['a', 'b'], 'label': ['A', 'B']}, 'answerKey': 'C'}"
            + "|ARC and has an answerKey that no choice",
        "{'question': 'q', 'choices': {'text': ['a', 'b'], 'label': ['A']}, 'answerKey': 'A'}"
            + "|ARC and has no choices",
        "{'activity_label': 'a', 'ctx_a': 'b', 'ctx_b': '', 'endings': ['c', 'd'], 'label': ''}"
            + "|HellaSwag and has no \"label\" from 0 to 1",
        "{'goal': 'g', 'sol1': 'a', 'sol2': 'b'}|PIQA and has no \"label\" from 0 to 1",
        "{'sentence': 'none', 'option1': 'a', 'option2': 'b', 'answer': '1'}"
            + "|WinoGrande and has no gap",
        "{'sentence': 'a _ b', 'option1': 'a', 'option2': 'b', 'answer': '0'}"
            + "|WinoGrande and has no \"answer\" from 1 to 2"
      })
  void whatIsMissingIsNamedWithTheSetAndTheLine(String line, String message) {
    assertThatThrownBy(() -> questions("\n" + line.replace('\'', '"')))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("q.jsonl, line 2, looks like a line of " + message);
  }
}
