package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.ObjectiveChoice;
import org.llmsurgeon.model.config.ObjectiveKind;
import org.llmsurgeon.model.config.SpecialTokens;

@DisplayName("A choice of an objective")
class ObjectiveChoiceTest {
  private static ModelConfig config(String name) throws IOException {
    try (ReferenceModel reference = ReferenceModel.open(name)) {
      return reference.config();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2, next-token",
    "bert, masked-token",
    "roberta-sequence, classification",
    "distilbert-token, classification",
    "bert-number, regression",
    "roberta-embedding, embedding"
  })
  void isTheArchitecturesUnlessAnotherIsGiven(String name, String objective) throws IOException {
    ModelConfig config = config(name);
    assertThat(config.objective().label()).isEqualTo(objective);
    assertThat(ObjectiveChoice.DEFAULT.of(config)).isSameAs(config);
    ObjectiveKind same = ObjectiveKind.parse(objective);
    assertThat(new ObjectiveChoice(same, null).of(config)).isSameAs(config);
  }

  @ParameterizedTest
  @CsvSource({"bert", "roberta-sequence", "distilbert-token", "bert-number"})
  void makesVectorsOfAnyEncodersTexts(String name) throws IOException {
    try (ReferenceModel reference = ReferenceModel.open(name);
        Device device = new ReferenceDevice()) {
      ObjectiveChoice vectors = new ObjectiveChoice(ObjectiveKind.EMBEDDING, null);
      ModelConfig config = vectors.of(reference.config());
      try (LanguageModel model = LanguageModel.load(config, reference, device)) {
        assertThat(model.embeddings(new int[][] {{3, 4, 5}, {6, 7}})).hasDimensions(2, 8);
        assertThat(model.parameterNames()).noneMatch(each -> each.contains("classifier"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2, embedding, Qwen2ForCausalLM, next-token",
    "bert-number, classification, BertForSequenceClassification, regression or embedding",
    "roberta-embedding, masked-token, RobertaModel, embedding"
  })
  void isRefusedWhereThereIsNoHeadForIt(
      String name, String objective, String architecture, String others) throws IOException {
    ModelConfig config = config(name);
    ObjectiveChoice choice = new ObjectiveChoice(ObjectiveKind.parse(objective), null);
    assertThatThrownBy(() -> choice.of(config))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s has no head for the objective %s; choose %s"
                .formatted(architecture, objective, others));
  }

  @Test
  void hasASeedOfHiddenTokensOnly() throws IOException {
    int[] window = {3, 4, 5, 6, 7, 8, 9, 10, 3, 4, 5, 6, 7, 8, 9, 10, 3, 4, 5, 6, 7, 8, 9, 10};
    ModelConfig bert = config("bert");
    SpecialTokens tokens = new SpecialTokens(2, Set.of(2));
    Objective plain = bert.objective().reading(tokens);
    Objective zero = new ObjectiveChoice(null, 0L).of(bert).objective().reading(tokens);
    Objective other = new ObjectiveChoice(null, 1L).of(bert).objective().reading(tokens);
    assertThat(zero.example(window).targets()).isEqualTo(plain.example(window).targets());
    assertThat(other.example(window).targets()).isNotEqualTo(plain.example(window).targets());
    ModelConfig labels = config("bert-token");
    assertThatThrownBy(() -> new ObjectiveChoice(null, 0L).of(labels))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("BertForTokenClassification hides none");
  }
}
