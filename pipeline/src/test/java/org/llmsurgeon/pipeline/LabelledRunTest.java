package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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
import java.util.stream.Collectors;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.EvaluateRequest;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** From labelled data as people have it to a pruned encoder and its scores. */
@DisplayName("A run on labelled data")
class LabelledRunTest {
  private static final String[] WORDS = {"the", "cat", "cats", "sat", "dog", "dogs", "ran"};
  private static JavaSparkContext spark;
  @TempDir Path temp;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private Path folder(String name) throws IOException {
    try (ReferenceModel model = ReferenceModel.open(name)) {
      return ReferenceFolder.write(
          model, temp.resolve(name), TinyTokenizers.wordPiece().toString());
    }
  }

  private static String text(int seed) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1 + seed % 4; i++) {
      text.append(i == 0 ? "" : " ").append(WORDS[(seed * 5 + i * 3) % WORDS.length]);
    }
    return text.toString();
  }

  /** JSON with single quotes for double ones. */
  private String lines(String name, List<String> rows) throws IOException {
    String json = rows.stream().collect(Collectors.joining("\n")).replace('\'', '"');
    return Files.writeString(temp.resolve(name), json).toString();
  }

  private String pairs(String name, int count) throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String label = i % 3 == 2 ? "'LABEL_2'" : String.valueOf(i % 3);
      rows.add(
          "{'premise': '%s', 'hypothesis': '%s', 'label': %s}"
              .formatted(text(i), text(i + 1), label));
    }
    return lines(name, rows);
  }

  private PruningReport prune(Path model, String data, List<String> test, Map<String, ?> options) {
    Map<String, Object> all =
        new HashMap<>(Map.of("shots", 2, "sparsity", 0.3, "sequences", 24, "context", 12));
    all.putAll(options);
    return new SurgeonPipeline(spark, Progress.silent())
        .prune(
            new PruneRequest(
                model.toString(),
                List.of(data),
                test,
                temp.resolve("output").toString(),
                null,
                true,
                Recipe.of(all)));
  }

  private static EvaluationResult evaluate(
      String model, String reference, String test, Map<String, ?> options) {
    return new SurgeonPipeline(spark, Progress.silent())
        .evaluate(new EvaluateRequest(model, reference, List.of(test), Recipe.of(options)));
  }

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

  private static String row(String column, int seed) {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      many.append(text(seed + i)).append(' ');
    }
    return "{'%s': '%s'}".formatted(column, many.toString().strip());
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
