package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** From labelled data as people have it to a pruned encoder and its scores. */
@DisplayName("A run on labelled data")
class LabelledRunTest extends LabelledCase {
  @Test
  void ofPairsPrunesAndMeasuresLabelsByNumberOrName() throws IOException {
    Path model = folder("bert-pair");
    String data = pairs("train.jsonl", 30);
    String test = pairs("test.jsonl", 12);
    PruningReport report = prune(model, data, List.of(test), Map.of());
    assertThat(report.quality().scores().stream().map(PruningReport.Score::metric))
        .containsExactly("accuracy", "f1");
    EvaluationResult after =
        evaluate(temp.resolve("output").toString(), null, test, Map.of("context", 12));
    assertThat(after.perplexity()).isEqualTo(report.perplexity());
    assertThat(after.windows()).isEqualTo(12);
    PruningReport.Score accuracy = report.quality().scores().get(0);
    assertThat(temp.resolve("output/README.md"))
        .content()
        .contains(
            String.format(
                Locale.ROOT,
                "| accuracy on the test data | %.3f | %.3f |",
                accuracy.dense(),
                accuracy.pruned()));
  }

  /** The same two examples, encoded by hand: the second text's tokens have the vocabulary added. */
  @Test
  void readsThemAsTokenWindowsWouldHaveThem() throws IOException {
    Path model = folder("bert-pair");
    String data =
        lines(
            "two.jsonl",
            List.of(
                "{'premise': 'the cats', 'hypothesis': 'sat', 'label': 1}",
                "{'premise': 'the', 'hypothesis': 'dog', 'label': 2}"));
    String windows = temp.resolve("two.arrow").toString();
    new TokenWindows(
            new int[][] {{2, 5, 6, 8, 3, 11 + 7, 11 + 3, 1}, {2, 5, 3, 11 + 9, 11 + 3, -1, -1, 2}})
        .write(new LocalStorage(), windows);
    EvaluationResult own = evaluate(model.toString(), null, data, Map.of());
    assertThat(own).isEqualTo(evaluate(model.toString(), null, windows, Map.of()));
    assertThat(own.context()).isEqualTo(8);
  }

  /** Rows have -1 behind short texts, and labels, which are no tokens to check an export with. */
  @Test
  void ofTextsOfAnyLengthEndsInASmallerFolder() throws IOException {
    String data = pairs("train.jsonl", 30);
    for (String name : List.of("bert-pair", "bert-embedding")) {
      Recipe recipe =
          Recipe.of(Map.of("shots", 1, "sparsity", 0.3, "sequences", 24, "context", 12));
      String text = row("text", 0);
      List<String> calibration =
          List.of(name.equals("bert-pair") ? data : lines("text.jsonl", List.of(text, text)));
      String scored =
          lines(
              "scored.jsonl",
              List.of(
                  "{'sentence1': 'the cat', 'sentence2': 'sat', 'score': 1}",
                  "{'sentence1': 'the dog ran', 'sentence2': 'dogs', 'score': 2}"));
      PruningReport report =
          new SurgeonPipeline(spark, Progress.silent())
              .prune(
                  new PruneRequest(
                      folder(name).toString(),
                      calibration,
                      List.of(name.equals("bert-pair") ? data : scored),
                      temp.resolve("small-" + name).toString(),
                      null,
                      true,
                      recipe,
                      Route.PER_LAYER));
      assertThat(report.export().form().route()).isEqualTo("per-layer");
    }
  }

  /** What stands behind a text in a row is no part of it. */
  @Test
  void predictsTheSameHoweverWideTheRows() throws IOException {
    Path model = folder("bert-pair");
    List<Double> predicted = new ArrayList<>();
    for (int width : new int[] {5, 8}) {
      int[][] rows = new int[16][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = new int[width + 1];
        Arrays.fill(rows[i], -1);
        int[] text = {2, 5 + i % 4, 5 + i % 3, 3};
        System.arraycopy(text, 0, rows[i], 0, text.length);
        rows[i][width] = i % 3;
      }
      String windows = temp.resolve(width + ".arrow").toString();
      new TokenWindows(rows).write(new LocalStorage(), windows);
      Recipe recipe = Recipe.of(Map.of("shots", 1, "sparsity", 0.3));
      String output = temp.resolve("out-" + width).toString();
      PruneRequest request =
          new PruneRequest(
              model.toString(), List.of(windows), List.of(), output, null, true, recipe);
      PruningReport report = new SurgeonPipeline(spark, Progress.silent()).prune(request);
      predicted.add(report.shots().get(0).loss().predictedNats());
    }
    assertThat(predicted.get(1)).isPositive().isEqualTo(predicted.get(0));
  }

  @Test
  void isTheSameFromParquet() throws IOException {
    Path model = folder("bert-pair");
    String json = pairs("a.jsonl", 12);
    String schema =
        "message schema { required binary premise (STRING); required binary hypothesis (STRING);"
            + " required int64 label; optional group other (LIST) { repeated group list {"
            + " optional int32 element; } } }";
    List<Consumer<Group>> rows = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      int number = i;
      rows.add(
          row -> {
            row.add("premise", text(number));
            row.add("hypothesis", text(number + 1));
            row.add("label", (long) number % 3);
          });
    }
    String parquet = ParquetFiles.writeRows(temp.resolve("a.parquet"), schema, rows);
    assertThat(evaluate(model.toString(), null, parquet, Map.of()))
        .isEqualTo(evaluate(model.toString(), null, json, Map.of()));
  }

  /** Spark and pandas store 1.00 as the number 100 and a scale; a date is no label. */
  @Test
  void readsDecimalsInParquetAsTheNumbersThatTheyAre() throws IOException {
    Path model = folder("bert-pair");
    String schema =
        "message schema { required binary premise (STRING); required binary hypothesis (STRING);"
            + " required int32 label (%s); required fixed_len_byte_array(2) wide (DECIMAL(4,2)); }";
    List<Consumer<Group>> rows = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int number = i;
      rows.add(
          row -> {
            row.add("premise", text(number));
            row.add("hypothesis", text(number + 1));
            row.add("label", 100 * (number % 2));
            byte[] hundredths = {0, (byte) (100 * (number % 2))};
            row.add("wide", Binary.fromConstantByteArray(hundredths));
          });
    }
    String decimal =
        ParquetFiles.writeRows(temp.resolve("a.parquet"), schema.formatted("DECIMAL(5,2)"), rows);
    List<String> json = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      json.add(
          "{'premise': '%s', 'hypothesis': '%s', 'label': %d}"
              .formatted(text(i), text(i + 1), i % 2));
    }
    EvaluationResult right = evaluate(model.toString(), null, lines("a.jsonl", json), Map.of());
    assertThat(evaluate(model.toString(), null, decimal, Map.of())).isEqualTo(right);
    assertThat(evaluate(model.toString(), null, decimal, Map.of("label-column", "wide")))
        .isEqualTo(right);
    String date = ParquetFiles.writeRows(temp.resolve("b.parquet"), schema.formatted("DATE"), rows);
    assertThatThrownBy(() -> evaluate(model.toString(), null, date, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no label under a usual name");
  }

  @Test
  void ofWordsReadsListsInParquet() throws IOException {
    Path model = folder("distilbert-token");
    String schema =
        "message schema { optional group tokens (LIST) { repeated group list { optional binary"
            + " element (STRING); } } optional group ner_tags (LIST) { repeated group list {"
            + " optional int64 element; } } }";
    List<Consumer<Group>> rows = new ArrayList<>();
    List<String> json = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String[] words = text(i).split(" ");
      int first = i;
      rows.add(
          row -> {
            Group tokens = row.addGroup("tokens");
            Group tags = row.addGroup("ner_tags");
            for (int word = 0; word < words.length; word++) {
              tokens.addGroup("list").add("element", words[word]);
              tags.addGroup("list").add("element", (long) (first + word) % 3);
            }
          });
      List<String> labels = new ArrayList<>();
      for (int word = 0; word < words.length; word++) {
        labels.add(String.valueOf((first + word) % 3));
      }
      json.add(
          "{'tokens': ['%s'], 'ner_tags': [%s]}"
              .formatted(String.join("', '", words), String.join(", ", labels)));
    }
    String parquet = ParquetFiles.writeRows(temp.resolve("a.parquet"), schema, rows);
    assertThat(evaluate(model.toString(), null, parquet, Map.of()))
        .isEqualTo(evaluate(model.toString(), null, lines("a.jsonl", json), Map.of()));
    PruningReport report = prune(model, parquet, List.of(), Map.of());
    assertThat(report.quality().scores().stream().map(PruningReport.Score::metric))
        .as("measured on what is held out")
        .containsExactly("accuracy", "f1");
  }

  @Test
  void ofNumbersNamesItsColumns() throws IOException {
    Path model = folder("bert-number");
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      rows.add("{'title': '%s', 'stars': %s}".formatted(text(i), (i % 5) / 2.0));
    }
    String data = lines("stars.jsonl", rows);
    PruningReport report =
        prune(
            model,
            data,
            List.of(data),
            Map.of("text-column", "title", "label-column", "stars", "fresh-calibration", true));
    assertThat(report.quality().scores().stream().map(PruningReport.Score::metric))
        .containsExactly("mse", "pearson", "spearman");
    assertThatThrownBy(() -> prune(model, data, List.of(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no text under a usual name")
        .hasMessageContaining("\"stars\", \"title\"");
    assertThatThrownBy(() -> prune(model, data, List.of(), Map.of("label-column", "title")))
        .isInstanceOf(InputException.class);
    Map<String, Object> named = Map.of("text-column", "title", "label-column", "stars");
    Map<String, Object> drawn = new HashMap<>(named);
    drawn.put("draw", "bytes");
    assertThatThrownBy(() -> prune(model, data, List.of(), drawn))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--draw bytes draws from text");
  }

  @Test
  void refusesWhatWouldDoNothing() throws IOException {
    Path model = folder("bert-pair");
    String text = Files.writeString(temp.resolve("text.txt"), "the cat").toString();
    assertThatThrownBy(() -> evaluate(model.toString(), null, text, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("text.txt holds no labels");
    assertThatThrownBy(
            () ->
                evaluate(
                    model.toString(),
                    model.toString(),
                    text,
                    Map.of("objective", "embedding", "label-column", "label")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--label-column label names a column of pairs of texts");
    assertThatThrownBy(
            () -> evaluate(model.toString(), null, text, Map.of("objective", "next-token")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("choose classification or embedding");
    assertThatThrownBy(() -> evaluate(model.toString(), null, text, Map.of("mask-seed", 3)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("hides none");
  }
}
