package org.llmsurgeon.pipeline.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.RunResult;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What a run says at its start that its maker may not have meant. */
class PlanWarningsTest {
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

  private List<String> warnings(boolean test, Map<String, ?> options) throws Exception {
    TestModel model = TestModel.llama(Files.createTempDirectory(temp, "m"), DataType.F32);
    PruneRequest all = model.request(temp.resolve("o" + options.hashCode()), Recipe.of(options));
    PruneRequest request =
        new PruneRequest(
            all.model(),
            all.calibration(),
            test ? all.test() : List.of(),
            all.output(),
            null,
            false,
            all.recipe());
    RecordingProgress progress = new RecordingProgress();
    PruningReport report = new SurgeonPipeline(spark, progress).prune(request);
    RunResultCheck.holds(spark, request, report, temp.resolve("result.json"));
    List<String> told =
        progress.events().stream().filter(event -> event.contains("Warning: ")).toList();
    List<String> reported = report.notes().warnings();
    assertThat(reported).hasSameSizeAs(told);
    for (int i = 0; i < told.size(); i++) {
      assertThat(told.get(i)).endsWith("Warning: " + reported.get(i));
    }
    return told;
  }

  /** The small result says what the report says. */
  private static final class RunResultCheck {
    static void holds(JavaSparkContext spark, PruneRequest request, PruningReport report, Path file)
        throws Exception {
      new SurgeonPipeline(spark, Progress.silent())
          .writeResult(request.output(), report, file.toString());
      RunResult result = Json.read(Files.readAllBytes(file), RunResult.class).orElseThrow();
      assertThat(result.perplexity()).isEqualTo(report.perplexity());
      assertThat(result.warnings()).isEqualTo(report.notes().warnings().size());
      assertThat(result.removal().removed()).isEqualTo(report.shots().get(0).removal().removed());
      assertThat(Path.of(result.places().report())).exists();
      assertThat(Path.of(result.places().page())).exists();
    }
  }

  /** Tokens that the tokenizer puts around a text are none of the text's. */
  @Test
  void windowsOverlapByTheTokensOfTheirTextAlone() {
    WindowsFile framed = new WindowsFile(List.of("w"), 196, 196, 512, null);
    assertThat(framed.overlap("test", 1)).isEmpty();
    assertThat(framed.drawnFrom(new WindowsFile.Text(100_000, 510)).overlap("test", 1)).isEmpty();
    assertThat(framed.drawnFrom(new WindowsFile.Text(100_000, 510)).overlap("calibration", 2))
        .hasValueSatisfying(
            said ->
                assertThat(said)
                    .startsWith(
                        "The calibration windows have 199,920 tokens and the text has 100,000:"
                            + " they overlap, each token stands in 2.0 of them"));
  }

  @Test
  void aRunThatIsSoundSaysNothing() throws Exception {
    assertThat(warnings(true, Map.of("sparsity", 0.5, "shots", 1, "structures", "1:2"))).isEmpty();
  }

  @Test
  void patternsThatAreNotFullAndAMissingTestAreNamed() throws Exception {
    assertThat(warnings(false, Map.of("sparsity", 0.25, "shots", 1, "structures", "1:2")))
        .hasSize(2)
        .anyMatch(
            each ->
                each.contains("At a sparsity of 0.250 only 50 % of the groups become 1:2")
                    && each.contains("give --sparsity 0.5 for all"))
        .anyMatch(each -> each.contains("No test text is given, so perplexity is not measured"));
  }
}
