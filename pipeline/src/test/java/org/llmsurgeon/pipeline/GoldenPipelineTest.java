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

  @ParameterizedTest
  @CsvSource({"stories260k, stories260K", "optchar, opt-char-gpt825K"})
  void oneShotGivesTheAuthorsPerplexityAndCounts(String golden, String name) throws Exception {
    String model = SharedData.path("models/" + name + "/hf").toString();
    List<String> tokens =
        List.of(SharedData.path("golden/" + golden + "/tokens.safetensors").toString());
    JsonNode expected =
        new ObjectMapper()
            .readTree(SharedData.path("golden/" + golden + "/expected.json").toFile());
    JsonNode run = expected.path("runs").path("row_column_10_joint");
    Recipe recipe = Recipe.of(Map.of("structures", "row,column", "sparsity", 0.1, "shots", 1));
    PruningReport report;
    try (JavaSparkContext spark = TestSpark.local(2)) {
      report =
          new SurgeonPipeline(spark, Progress.silent())
              .prune(
                  new PruneRequest(
                      model,
                      tokens,
                      tokens,
                      temp.resolve("pruned").toString(),
                      null,
                      false,
                      recipe));
    }

    double dense = expected.path("dense_perplexity").asDouble();
    double pruned = run.path("perplexity").asDouble();
    assertThat(report.quality().densePerplexity()).isCloseTo(dense, within(1e-4 * dense));
    assertThat(report.perplexity()).isCloseTo(pruned, within(1e-4 * pruned));
    assertThat(report.shots().get(0).removal().removed())
        .isEqualTo(run.path("zero_weights").asLong());
    assertThat(report.shots().get(0).removal().total())
        .isEqualTo(run.path("total_weights").asLong());
  }
}
