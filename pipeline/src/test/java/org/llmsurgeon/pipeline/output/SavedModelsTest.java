package org.llmsurgeon.pipeline.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

class SavedModelsTest {
  private static final Recipe KEEPING =
      Recipe.of(Map.of("sparsity", 0.4, "shots", 2, "save-at", "0.1,0.2,0.4"));
  private static JavaSparkContext spark;

  @TempDir Path temp;
  private TestModel model;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void makeModel() throws Exception {
    model = TestModel.llama(temp, DataType.BF16);
  }

  @Test
  void aModelKeptOnTheWayIsThatOfARunThatEndsThere() throws Exception {
    Path output = temp.resolve("out");
    PruningReport report = prune(output, KEEPING, false, Progress.silent());
    PruningReport shorter =
        prune(
            temp.resolve("shorter"),
            Recipe.of(Map.of("targets", "0.1,0.2")),
            false,
            Progress.silent());

    assertThat(report.shots())
        .extracting(shot -> shot.removal().target())
        .containsExactly(0.1, 0.2, 0.4);
    assertThat(report.notes().saved())
        .extracting(PruningReport.Saved::folder)
        .containsExactly("at-0.10", "at-0.20", ".");
    assertThat(report.notes().saved())
        .extracting(PruningReport.Saved::shot)
        .containsExactly(1, 2, 3);
    assertThat(report.notes().saved().get(1).perplexity()).isEqualTo(shorter.perplexity());
    assertThat(report.notes().saved().get(2).perplexity()).isEqualTo(report.perplexity());
    Path kept = output.resolve("at-0.20");
    assertThat(weights(kept)).isEqualTo(weights(temp.resolve("shorter")));
    assertThat(kept.resolve("config.json")).hasSameBinaryContentAs(output.resolve("config.json"));
    PruningReport own =
        Json.read(Files.readAllBytes(kept.resolve(PruningReport.FILE)), PruningReport.class)
            .orElseThrow();
    assertThat(own.perplexity()).isEqualTo(shorter.perplexity());
    assertThat(own.notes().saved())
        .extracting(PruningReport.Saved::folder)
        .containsExactly("../at-0.10", ".");
    EvaluationResult again =
        new SurgeonPipeline(spark, Progress.silent())
            .evaluate(kept.toString(), List.of(model.tokens().toString()), null);
    assertThat(again.perplexity()).isEqualTo(shorter.perplexity());
  }

  @Test
  void aRunThatStoppedWhileItKeptAModelGoesOnAndAnotherRunReplacesAll() throws Exception {
    Path output = temp.resolve("out");
    for (int kept = 0; kept < 2; kept++) {
      assertThatThrownBy(() -> prune(output, KEEPING, false, new StopAtWrite()))
          .hasMessage("power cut");
    }
    assertThat(output.resolve("at-0.10/model.safetensors")).doesNotExist();
    RecordingProgress second = new RecordingProgress();
    PruningReport report = prune(output, KEEPING, false, second);
    PruningReport whole = prune(temp.resolve("whole"), KEEPING, false, Progress.silent());

    assertThat(report.notes().resumedFromShot()).isEqualTo(1);
    assertThat(report.notes().saved()).isEqualTo(whole.notes().saved());
    for (String folder : List.of("at-0.10", "at-0.20", ".")) {
      assertThat(weights(output.resolve(folder)))
          .isEqualTo(weights(temp.resolve("whole").resolve(folder)));
    }

    Recipe other = Recipe.of(Map.of("sparsity", 0.2, "shots", 1, "save-at", 0.15));
    prune(output, other, true, Progress.silent());

    assertThat(output.resolve("at-0.10")).doesNotExist();
    assertThat(output.resolve("at-0.15/" + PruningReport.FILE)).exists();
  }

  /** Stops where a model folder would be written. */
  private static final class StopAtWrite extends RecordingProgress {
    @Override
    public void stageStarted(int shot, String name, int count) {
      super.stageStarted(shot, name, count);
      if (name.equals("write")) {
        throw new IllegalStateException("power cut");
      }
    }
  }

  private PruningReport prune(Path output, Recipe recipe, boolean overwrite, Progress progress) {
    PruneRequest request = model.request(output, recipe);
    return new SurgeonPipeline(spark, progress)
        .prune(
            new PruneRequest(
                request.model(),
                request.calibration(),
                request.test(),
                request.output(),
                null,
                overwrite,
                recipe));
  }

  private static byte[] weights(Path folder) throws Exception {
    return Files.readAllBytes(folder.resolve("model.safetensors"));
  }
}
