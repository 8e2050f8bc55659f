package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.pipeline.analyse.ModelSummary;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

@DisplayName("A folder whose blocks differ in size")
class BlockSizesRunTest {
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

  private TestModel model(String name) throws Exception {
    ObjectNode json = name.equals("opt") ? TinyModels.optJson() : TinyModels.llamaJson();
    String blocks =
        switch (name) {
          case "opt" ->
              "{\"per_layer_config\": {\"1\": {\"num_attention_heads\": 1, \"ffn_dim\": 7}}}";
          case "llama" ->
              """
              {"per_layer_config": {"1": {"num_attention_heads": 0, "intermediate_size": 6}}}
              """;
          default ->
              """
              {"architectures": ["DeciLMForCausalLM"], "model_type": "nemotron-nas",
               "block_configs": [
                {"attention": {"n_heads_in_group": 4}, "ffn": {"intermediate_size": 6}},
                {"attention": {"n_heads_in_group": 2}, "ffn": {"intermediate_size": 11}}]}
              """;
        };
    json.setAll((ObjectNode) new ObjectMapper().readTree(blocks));
    return TestModel.write(temp, name, json, DataType.F32);
  }

  @ParameterizedTest
  @CsvSource({"llama,units", "opt,units", "nemotron,units", "nemotron,'row,column'"})
  void isLookedAtPlannedMeasuredAndPruned(String name, String structures) throws Exception {
    TestModel model = model(name);
    SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
    ModelSummary summary = pipeline.inspect(model.folder().toString());
    assertThat(summary.sizes()).isEqualTo(model.config().blocks()).doesNotHaveDuplicates();
    assertThat(summary.layers()).hasSize(model.config().linears().size());

    Recipe recipe = Recipe.of(Map.of("structures", structures, "sparsity", 0.3, "shots", 2));
    Path output = temp.resolve("output");
    PruningReport report = pipeline.prune(model.request(output, recipe));
    assertThat(report.sparsity()).isBetween(0.2, 0.3);
    LocalRun.assertSame(output, model, recipe);
    List<BlockSize> again = pipeline.inspect(output.toString()).sizes();
    assertThat(again).isEqualTo(model.config().blocks());
    assertThat(report.export().form().loadsIn()).contains("transformers (trust_remote_code=True)");
    assertThat(output.resolve("README.md"))
        .content()
        .contains("from_pretrained(\"FOLDER\", trust_remote_code=True)");
    double perplexity =
        pipeline.evaluate(output.toString(), List.of(model.tokens().toString()), null).perplexity();
    assertThat(perplexity).isEqualTo(report.perplexity());
  }
}
