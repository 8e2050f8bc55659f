package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.export.verify.Verification;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.pipeline.analyse.ModelSummary;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.EvaluateRequest;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** From images as people have them to a pruned network and its scores. */
@DisplayName("A run on images")
class ImageRunTest {
  private static final int SIDE = TinyImages.SIDE;
  private static JavaSparkContext spark;
  @TempDir Path temp;
  private Path model;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyImages.model(temp.resolve("vit"));
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  private String folders(String name, int count) throws IOException {
    return TinyImages.folders(temp.resolve(name), count).toString();
  }

  private static int[] window(int seed, int label) {
    int[] window = new int[SIDE * SIDE + 1];
    BufferedImage image = TinyImages.image(seed);
    for (int i = 0; i < SIDE * SIDE; i++) {
      window[i] = image.getRGB(i % SIDE, i / SIDE) & 0xffffff;
    }
    window[SIDE * SIDE] = label;
    return window;
  }

  private EvaluationResult evaluate(String test, Map<String, ?> options) {
    return new SurgeonPipeline(spark, Progress.silent())
        .evaluate(new EvaluateRequest(model.toString(), null, List.of(test), Recipe.of(options)));
  }

  private PruningReport prune(String data, List<String> test, Map<String, ?> options) {
    return prune(data, test, options, Progress.silent());
  }

  private PruningReport prune(
      String data, List<String> test, Map<String, ?> options, Progress progress) {
    return new SurgeonPipeline(spark, progress).prune(request(data, test, options, true));
  }

  private PruneRequest request(
      String data, List<String> test, Map<String, ?> options, boolean overwrite) {
    Map<String, Object> all = new HashMap<>(Map.of("shots", 2, "sparsity", 0.3, "sequences", 16));
    all.putAll(options);
    return new PruneRequest(
        model.toString(),
        List.of(data),
        test,
        temp.resolve("output").toString(),
        null,
        overwrite,
        Recipe.of(all));
  }

  @Test
  void readsFoldersOfLabelsAsWindowsWouldHaveThem() throws IOException {
    int[][] windows = new int[9][];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = window(i, i / 3);
    }
    String file = temp.resolve("windows.arrow").toString();
    new TokenWindows(windows).write(new LocalStorage(), file);
    EvaluationResult own = evaluate(folders("images", 9), Map.of());
    assertThat(own).isEqualTo(evaluate(file, Map.of()));
    assertThat(own.windows()).isEqualTo(9);
    assertThat(own.context()).as("four squares and the network's own token").isEqualTo(5);
    assertThat(own.scores()).containsOnlyKeys("accuracy", "f1");
  }

  @Test
  void readsMetadataAndParquetLikewise() throws IOException {
    EvaluationResult right = evaluate(folders("images", 9), Map.of());
    StringBuilder lines = new StringBuilder();
    StringBuilder table = new StringBuilder("file_name,note,kind\n");
    for (int i = 0; i < 9; i++) {
      write(temp.resolve("json/deep/" + i + ".png"), TinyImages.png(i));
      write(temp.resolve("csv/" + i + ".png"), TinyImages.png(i));
      lines.append(
          "{\"file_name\": \"deep/%d.png\", \"label\": %s}\n"
              .formatted(i, i % 2 == 0 ? i / 3 : "\"LABEL_" + i / 3 + "\""));
      table.append("%d.png,\"a, \"\"b\"\"\",%d\r\n".formatted(i, i / 3));
    }
    Files.writeString(temp.resolve("json/metadata.jsonl"), lines);
    Files.writeString(temp.resolve("csv/metadata.csv"), table);
    assertThat(evaluate(temp.resolve("json").toString(), Map.of())).isEqualTo(right);
    Map<String, String> named = Map.of("label-column", "kind");
    assertThat(evaluate(temp.resolve("csv").toString(), named)).isEqualTo(right);
    assertThat(evaluate(parquet("a.parquet", "image", true), Map.of())).isEqualTo(right);
    assertThat(evaluate(parquet("b.parquet", "photo", false), Map.of("text-column", "photo")))
        .isEqualTo(right);
  }

  private String parquet(String name, String column, boolean group) throws IOException {
    String image =
        group
            ? "optional group %s { optional binary bytes; optional binary path (STRING); }"
            : "optional binary %s;";
    List<Consumer<Group>> rows = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      Binary bytes = Binary.fromConstantByteArray(TinyImages.png(i));
      long label = i / 3;
      rows.add(
          row -> {
            (group ? row.addGroup(column) : row).add(group ? "bytes" : column, bytes);
            row.add("label", label);
          });
    }
    String schema = "message schema { " + image.formatted(column) + " required int64 label; }";
    return ParquetFiles.writeRows(temp.resolve(name), schema, rows);
  }

  /** Drawn images are gathered in the order of the draw, wherever in the file they are. */
  @Test
  void prunesTheSameFromFoldersAndFromParquet() throws IOException {
    PruningReport report = prune(folders("images", 9), List.of(), Map.of("sequences", 5));
    assertThat(report.quality().scores().stream().map(PruningReport.Score::metric)).isEmpty();
    String parquet = parquet("a.parquet", "image", true);
    byte[] first = Files.readAllBytes(temp.resolve("output/model.safetensors"));
    prune(parquet, List.of(), Map.of("sequences", 5));
    assertThat(Files.readAllBytes(temp.resolve("output/model.safetensors"))).isEqualTo(first);
    assertThat(temp.resolve("output/preprocessor_config.json"))
        .hasSameTextualContentAs(model.resolve("preprocessor_config.json"));
  }

  @Test
  void holdsImagesOutToMeasureTheirLabels() throws IOException {
    RecordingProgress progress = new RecordingProgress();
    String images = folders("images", 60);
    PruningReport report = prune(images, List.of(), Map.of(), progress);
    assertThat(report.quality().scores().stream().map(PruningReport.Score::metric))
        .containsExactly("accuracy", "f1");
    assertThat(progress.events())
        .anyMatch(
            event -> event.contains("No test images are given: accuracy is measured on 6 of the"))
        .noneMatch(event -> event.contains("--context"));
    assertThat(report.setup().inputs().calibration()).hasSize(1);
    assertThat(report.setup().inputs().calibration().get(0).path()).endsWith("/images/ (60 files)");
    PruneRequest again = request(images, List.of(), Map.of(), false);
    SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
    assertThat(pipeline.prune(again).perplexity()).isEqualTo(report.perplexity());
    write(temp.resolve("images/LABEL_0/000.png"), TinyImages.png(99));
    assertThatThrownBy(() -> pipeline.prune(again))
        .hasMessageContaining("another calibration text");
    assertThat(report.sparsity()).isBetween(0.2, 0.3);
  }

  /** Every form is checked with images of the run, and by hand with others. */
  @Test
  void endsInASmallerFolderThatSaysTheSame() throws IOException {
    String images = folders("images", 30);
    SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
    List<String> folders = new ArrayList<>();
    for (Route route : List.of(Route.ZEROS, Route.AUTO)) {
      String output = temp.resolve(route.optionName()).toString();
      Map<String, Object> options = Map.of("shots", 2, "sparsity", 0.3, "sequences", 16);
      PruneRequest request =
          new PruneRequest(
              model.toString(),
              List.of(images),
              List.of(images),
              output,
              null,
              false,
              Recipe.of(options),
              route);
      assertThat(pipeline.prune(request).quality().scores()).isNotEmpty();
      folders.add(output);
    }
    Verification verified = pipeline.verify(folders.get(0), folders.get(1), List.of(images), null);
    assertThat(verified.tokens()).as("four images of five tokens").isEqualTo(20);
    ModelSummary summary = pipeline.inspect(folders.get(1));
    assertThat(summary.shape().images().size()).isEqualTo(SIDE);
    assertThat(summary.head().parameters()).isEqualTo(3 * 8);
  }

  private void refused(String test, Map<String, ?> options, String... words) {
    assertThatThrownBy(() -> evaluate(test, options))
        .isInstanceOf(InputException.class)
        .satisfies(
            refused -> {
              for (String word : words) {
                assertThat(refused).hasMessageContaining(word);
              }
            });
  }

  @Test
  void refusesWhatItCannotRead() throws IOException {
    write(temp.resolve("none/LABEL_0/a.png"), new byte[] {1, 2, 3});
    refused(temp.resolve("none").toString(), Map.of(), "LABEL_0/a.png is no image");
    write(temp.resolve("other/cat/a.png"), TinyImages.png(1));
    refused(
        temp.resolve("other").toString(),
        Map.of(),
        "cat/a.png has \"cat\" as its \"folder\", which is no label of the model",
        "LABEL_0, LABEL_1, LABEL_2");
    Path text = Files.writeString(temp.resolve("text.txt"), "the cat");
    refused(text.toString(), Map.of(), "text.txt holds no images, which the model reads");
    write(temp.resolve("split/train/LABEL_0/a.png"), TinyImages.png(1));
    write(temp.resolve("split/test/LABEL_0/a.png"), TinyImages.png(1));
    refused(temp.resolve("split").toString(), Map.of(), "holds the splits test, train");
    refused(folders("images", 3), Map.of("context", 12), "--context 12", "reads images of 5");
    write(temp.resolve("rows/a.png"), TinyImages.png(1));
    write(temp.resolve("rows/b.png"), TinyImages.png(1));
    Path rows = temp.resolve("rows/metadata.jsonl");
    Files.writeString(rows, "{\"file_name\": \"a.png\", \"label\": 1}\n");
    refused(temp.resolve("rows").toString(), Map.of(), "b.png has no row in the metadata");
    String both = "{\"file_name\": \"b.png\", \"label\": 1}\n";
    Files.writeString(rows, Files.readString(rows) + both + both.replace("b.png", "c.png"));
    refused(temp.resolve("rows").toString(), Map.of(), "rows/c.png is named in the metadata");
    int[][] short_ = {{1, 2, 3, 0}};
    new TokenWindows(short_).write(new LocalStorage(), temp.resolve("short.arrow").toString());
    refused(
        temp.resolve("short.arrow").toString(), Map.of(), "short.arrow holds windows of 4 numbers");
    refused(folders("images", 3), Map.of("objective", "embedding"), "choose classification");
  }

  @Test
  void needsToKnowHowPixelsAreMade() throws IOException {
    String images = folders("images", 3);
    Files.writeString(model.resolve("preprocessor_config.json"), "{\"size\": 9}");
    refused(images, Map.of(), "makes images of 9 x 9 pixels", "image_size of 7");
    Files.delete(model.resolve("preprocessor_config.json"));
    refused(images, Map.of(), "has no preprocessor_config.json");
  }

  @Test
  void ofTextRefusesImages() throws IOException {
    Path text;
    try (ReferenceModel reference = ReferenceModel.open("gpt2")) {
      text = ReferenceFolder.write(reference, temp.resolve("gpt2"), null);
    }
    String images = folders("images", 3);
    assertThatThrownBy(
            () ->
                new SurgeonPipeline(spark, Progress.silent())
                    .evaluate(
                        new EvaluateRequest(
                            text.toString(), null, List.of(images), Recipe.of(Map.of()))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is an image, and GPT2LMHeadModel reads text");
  }
}
