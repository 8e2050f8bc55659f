package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** A whole run on Spark against the authors' program on real models. */
@Tag(SharedData.TAG)
class GoldenPipelineTest {
  @TempDir Path temp;

  /** README's one shot of single weights, which is 6.276 without. */
  @Tag("long")
  @Test
  void aTrustRegionHoldsBackWhatThePredictionIsWrongAbout() throws Exception {
    Recipe recipe =
        Recipe.of(
            Map.of("structures", "element", "sparsity", 0.5, "shots", 1, "trust-region", true));
    PruningReport report = prune("optchar", "opt-char-gpt825K", recipe);
    assertThat(report.quality().perplexityF32()).isCloseTo(4.328, within(0.005));
    assertThat(report.numerics().trust())
        .filteredOn(PruningReport.Trust::held)
        .extracting(PruningReport.Trust::part)
        .containsExactly(
            "model.decoder.layers.0.self_attn.q_proj", "model.decoder.layers.0.self_attn.k_proj");
  }

  @ParameterizedTest
  @CsvSource({"stories260k, stories260K", "optchar, opt-char-gpt825K"})
  void oneShotGivesTheAuthorsPerplexityAndCounts(String golden, String name) throws Exception {
    JsonNode expected =
        new ObjectMapper()
            .readTree(SharedData.path("golden/" + golden + "/expected.json").toFile());
    JsonNode run = expected.path("runs").path("row_column_10_joint");
    Recipe recipe = Recipe.of(Map.of("structures", "row,column", "sparsity", 0.1, "shots", 1));
    PruningReport report = prune(golden, name, recipe);

    double dense = expected.path("dense_perplexity").asDouble();
    double pruned = run.path("perplexity").asDouble();
    assertThat(report.quality().densePerplexity()).isCloseTo(dense, within(1e-4 * dense));
    assertThat(report.perplexity()).isCloseTo(pruned, within(1e-4 * pruned));
    assertThat(report.shots().get(0).removal().removed())
        .isEqualTo(run.path("zero_weights").asLong());
    assertThat(report.shots().get(0).removal().total())
        .isEqualTo(run.path("total_weights").asLong());
  }

  private PruningReport prune(String golden, String name, Recipe recipe) {
    String model = SharedData.path("models/" + name + "/hf").toString();
    List<String> tokens =
        List.of(SharedData.path("golden/" + golden + "/tokens.safetensors").toString());
    String output = temp.resolve("pruned").toString();
    try (JavaSparkContext spark = TestSpark.local(2)) {
      return new SurgeonPipeline(spark, Progress.silent())
          .prune(new PruneRequest(model, tokens, tokens, output, null, false, recipe));
    }
  }
}
