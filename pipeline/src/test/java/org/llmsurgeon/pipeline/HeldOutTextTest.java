package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Where no test text is given, the end of the calibration text is one, and nothing else. */
class HeldOutTextTest {
  private static final Recipe RECIPE =
      Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "sequences", 6, "context", 9));
  private static JavaSparkContext spark;

  @TempDir Path temp;
  private final RecordingProgress progress = new RecordingProgress();

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private static String letters(int count) {
    StringBuilder letters = new StringBuilder();
    new Random(1).ints(count, 0, 6).forEach(id -> letters.append((char) ('a' + id)));
    return letters.toString();
  }

  private PruningReport prune(String output, List<String> calibration, List<String> test)
      throws Exception {
    TestModel model = TestModel.llama(Files.createTempDirectory(temp, "m"), DataType.F32);
    Files.writeString(model.folder().resolve("tokenizer.json"), FreshCalibrationTest.TOKENIZER);
    return new SurgeonPipeline(spark, progress)
        .prune(
            new PruneRequest(
                model.folder().toString(),
                calibration,
                test,
                temp.resolve(output).toString(),
                null,
                false,
                RECIPE));
  }

  private String text(String name, String content) throws Exception {
    return Files.writeString(temp.resolve(name), content).toString();
  }

  /** A token is one letter here, so that a text can be divided by hand. */
  @Test
  void theRunIsThatOfTheTextDividedByHand() throws Exception {
    String all = letters(500);
    int held = 5 * 9; // windows that fit a tenth
    PruningReport held1 = prune("a", List.of(text("all.txt", all)), List.of());
    assertThat(progress.events())
        .filteredOn(event -> event.contains("No test text is given"))
        .singleElement()
        .asString()
        .contains("the last 45 tokens of the calibration text, which are not calibrated on");

    PruningReport given =
        prune(
            "b",
            List.of(text("calibration.txt", all.substring(0, 500 - held))),
            List.of(text("test.txt", all.substring(500 - held))));
    assertThat(held1.setup().test()).isEqualTo(given.setup().test());
    assertThat(held1.quality().densePerplexity()).isEqualTo(given.quality().densePerplexity());
    assertThat(held1.perplexity()).isEqualTo(given.perplexity());
    assertThat(temp.resolve("a/model.safetensors"))
        .hasSameBinaryContentAs(temp.resolve("b/model.safetensors"));
    assertThat(Files.readString(temp.resolve("a/report.html"))).contains("\"test\":[]");
  }

  @Test
  void aTextOfLessThanTenWindowsIsNotDivided() throws Exception {
    PruningReport report = prune("c", List.of(text("short.txt", letters(89))), List.of());
    assertThat(report.setup().test()).isNull();
    assertThat(report.perplexity()).isNull();
    assertThat(progress.events())
        .filteredOn(event -> event.contains("No test text is given"))
        .singleElement()
        .asString()
        .contains("so perplexity is not measured; give --test");
  }
}
