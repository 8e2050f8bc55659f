package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.token.CalibrationText;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Calibration windows that every shot draws anew. */
class FreshCalibrationTest {
  static final String TOKENIZER =
      """
      {"version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null,
       "decoder": null,
       "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\\\s\\\\S]"},
                         "behavior": "Isolated", "invert": false},
       "model": {"type": "WordLevel", "unk_token": "?",
                 "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5, "?": 6}}}
      """;
  private static final Recipe RECIPE =
      Recipe.of(
          Map.of(
              "sparsity", 0.3,
              "shots", 3,
              "sequences", 6,
              "context", 9,
              "seed", 4,
              "fresh-calibration", true));

  @TempDir Path temp;

  @Test
  void everyShotHasTheNextWindowsOfTheDrawAlsoAfterAStop() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Files.writeString(model.folder().resolve("tokenizer.json"), TOKENIZER);
    int[] ids = new Random(1).ints(300, 0, 6).toArray();
    StringBuilder letters = new StringBuilder();
    Arrays.stream(ids).forEach(id -> letters.append((char) ('a' + id)));
    Path text = Files.writeString(temp.resolve("text.txt"), letters);
    Path output = temp.resolve("out");
    PruneRequest request =
        new PruneRequest(
            model.folder().toString(),
            List.of(text.toString()),
            List.of(),
            output.toString(),
            null,
            false,
            RECIPE);
    try (JavaSparkContext spark = TestSpark.local(2)) {
      assertThatThrownBy(() -> new SurgeonPipeline(spark, new StopAtSecondCut()).prune(request))
          .hasMessage("power cut");
      PruningReport report = new SurgeonPipeline(spark, Progress.silent()).prune(request);

      assertThat(report.notes().resumedFromShot()).isEqualTo(1);
      assertThat(report.setup().calibration().windows()).isEqualTo(6);
      // Three windows of 300 tokens are held out, at the end.
      assertThat(report.setup().test().tokens()).isEqualTo(27);
      int[] rest = Arrays.copyOf(ids, 273);
      int[][] draw = CalibrationText.windows(rest, new WindowDraw.AtRandom(9, 18, 4));
      LocalRun.assertSame(
          output,
          model,
          RECIPE,
          List.of(
              Arrays.copyOfRange(draw, 0, 6),
              Arrays.copyOfRange(draw, 6, 12),
              Arrays.copyOfRange(draw, 12, 18)));

      assertThatThrownBy(
              () ->
                  new SurgeonPipeline(spark, Progress.silent())
                      .prune(model.request(temp.resolve("other"), RECIPE)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("--fresh-calibration draws from text");
      assertThat(temp.resolve("other/.surgeon-run")).doesNotExist();
    }
  }

  private static final class StopAtSecondCut extends RecordingProgress {
    @Override
    public void stageStarted(int shot, String name, int count) {
      super.stageStarted(shot, name, count);
      if (shot == 2 && name.equals("cut")) {
        throw new IllegalStateException("power cut");
      }
    }
  }
}
