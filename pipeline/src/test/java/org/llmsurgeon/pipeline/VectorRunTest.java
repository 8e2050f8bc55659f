package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** From texts without labels, or pairs of them, to a pruned encoder of vectors and its scores. */
@DisplayName("A run on vectors of texts")
class VectorRunTest extends LabelledCase {
  /** Without the dense model beside, each embedding is its own reference. */
  @Test
  void ofEmbeddingsHasNoLossesToHoldPredictionsAgainst() throws IOException {
    Path model = folder("bert-pair");
    String data = pairs("train.jsonl", 30);
    for (Map<String, ?> option : List.of(Map.of("shots", "auto"), Map.of("trust-region", true))) {
      Map<String, Object> all = new HashMap<>(Map.of("objective", "embedding"));
      all.putAll(option);
      assertThatThrownBy(() -> prune(model, data, List.of(), all))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("the loss of embeddings is 0 at the start");
    }
    Map<String, Object> refitted = Map.of("objective", "embedding", "reconstruct", true);
    assertThatThrownBy(() -> prune(model, data, List.of(), refitted))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--reconstruct needs what is right")
        .hasMessageContaining("--correct distill");
  }

  /** The second text of a pair is read on its own, and so gets the same vector as the first. */
  @Test
  void ofPairsOfTextsMeasuresEmbeddingsByTheirLabels() throws IOException {
    Path model = folder("bert-embedding");
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      // A text and itself are most alike, whatever the weights
      boolean same = i % 2 == 0;
      rows.add(
          "{'sentence1': '%s', 'sentence2': '%s', 'score': %s}"
              .formatted(text(i), same ? text(i) : text(i + 1), same ? "5.0" : "1.5"));
    }
    String pairs = lines("pairs.jsonl", rows);
    EvaluationResult alone = evaluate(model.toString(), null, pairs, Map.of());
    assertThat(alone.scores()).containsOnlyKeys("pearson", "spearman");
    // Two labels against twenty cosines, half of which are the largest, with ties or without
    assertThat(alone.scores().get("spearman")).isBetween(0.86, 0.93);
    assertThat(alone.perplexity()).isEqualTo(1);
    assertThat(alone.windows()).isEqualTo(20);
    String texts = lines("texts.jsonl", List.of(row("text", 0), row("text", 1), row("text", 2)));
    PruningReport report = prune(model, texts, List.of(pairs), Map.of("sequences", 4));
    assertThat(report.quality().scores().stream().map(PruningReport.Score::metric))
        .containsExactly("pearson", "spearman");
    assertThat(report.quality().scores().get(1).dense()).isEqualTo(alone.scores().get("spearman"));
    assertThat(report.perplexity()).isGreaterThan(1);
    pairsUnderOtherNamesAreFoundByTheirColumns(model, texts, rows, alone);
  }

  private void pairsUnderOtherNamesAreFoundByTheirColumns(
      Path model, String texts, List<String> rows, EvaluationResult usual) throws IOException {
    List<String> renamed =
        rows.stream()
            .map(row -> row.replace("sentence1", "left").replace("sentence2", "right"))
            .map(row -> row.replace("score", "gold"))
            .toList();
    String pairs = lines("renamed.jsonl", renamed);
    Map<String, Object> names = Map.of("text-column", "left,right", "label-column", "gold");
    assertThat(evaluate(model.toString(), null, pairs, names)).isEqualTo(usual);
    Map<String, Object> all = new HashMap<>(names);
    all.put("sequences", 4);
    assertThat(prune(model, texts, List.of(pairs), all).quality().scores()).hasSize(2);
    assertThatThrownBy(() -> prune(model, texts, List.of(texts), all))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--label-column gold names a column of pairs of texts with a score");
    assertThatThrownBy(() -> evaluate(model.toString(), null, pairs, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("give --reference");
  }

  @Test
  void ofVectorsGoesOnWhereItStopped() throws IOException {
    Path model = folder("bert-embedding");
    String texts = lines("texts.jsonl", List.of(row("text", 0), row("text", 1), row("text", 2)));
    String output = temp.resolve("stopped").toString();
    PruneRequest request =
        new PruneRequest(
            model.toString(),
            List.of(texts),
            List.of(texts),
            output,
            null,
            false,
            Recipe.of(Map.of("shots", 2, "sparsity", 0.3, "sequences", 4, "context", 12)));
    assertThatThrownBy(() -> new SurgeonPipeline(spark, new PowerCut("2 cut", 1)).prune(request))
        .hasMessageContaining("power cut");
    PruningReport report = new SurgeonPipeline(spark, Progress.silent()).prune(request);
    assertThat(report.notes().resumedFromShot()).isEqualTo(1);
    PruningReport straight =
        prune(model, texts, List.of(texts), Map.of("sequences", 4, "context", 12));
    assertThat(report.perplexity()).isEqualTo(straight.perplexity());
    assertThat(report.quality().scores()).isEqualTo(straight.quality().scores());
  }

  @Test
  void ofVectorsIsMeasuredBesideAReference() throws IOException {
    Path model = folder("bert-pair");
    String text =
        Files.writeString(temp.resolve("text.txt"), (text(3) + " " + text(2) + " ").repeat(90))
            .toString();
    Map<String, Object> vectors = Map.of("objective", "embedding");
    PruningReport report = prune(model, text, List.of(text), vectors);
    assertThat(report.quality().scores().stream().map(PruningReport.Score::metric))
        .containsExactly("spearman");
    Map<String, Object> options = Map.of("objective", "embedding", "context", 12);
    String output = temp.resolve("output").toString();
    EvaluationResult after = evaluate(output, model.toString(), text, options);
    assertThat(after.perplexity()).isEqualTo(report.perplexity());
    assertThat(evaluate(model.toString(), model.toString(), text, options).scores())
        .satisfies(same -> assertThat(same.get("spearman")).isCloseTo(1, within(1e-12)));
    assertThatThrownBy(() -> evaluate(output, null, text, options))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--reference");
    assertThatThrownBy(() -> evaluate(output, output, pairs("p.jsonl", 4), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--reference");
  }
}
