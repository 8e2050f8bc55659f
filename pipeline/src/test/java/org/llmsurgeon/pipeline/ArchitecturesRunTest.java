package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.config.Regression;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Runs from folder to folder, over checkpoints whose tensors hold several layers or are turned. */
@DisplayName("A folder of another architecture")
class ArchitecturesRunTest {
  private static final String MASK =
      "{\"added_tokens\": [{\"id\": 2, \"content\": \"[MASK]\", \"special\": true}]}";

  private static JavaSparkContext spark;
  @TempDir Path temp;

  private static List<String> metrics(ModelConfig config) {
    Objective objective = config.objective();
    if (!objective.hasAnswers()) {
      return List.of("spearman");
    }
    if (objective instanceof Regression) {
      return List.of("mse", "pearson", "spearman");
    }
    return objective.labels() > 0 ? List.of("accuracy", "f1") : List.of();
  }

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private Path windows(ReferenceModel model) throws IOException {
    String file = temp.resolve("tokens.safetensors").toString();
    int[][] calibration = TinyModels.labelledWindows(model.config(), 8, 10, 1);
    SafetensorsLayout layout =
        new SafetensorsLayout()
            .add("calibration", DataType.I32, 8, calibration[0].length)
            .add("test", DataType.I32, 8, calibration[0].length);
    try (SafetensorsWriter writer =
        new SafetensorsWriter(layout, new LocalStorage().create(file), file)) {
      writer.write("calibration", calibration);
      writer.write("test", TinyModels.labelledWindows(model.config(), 8, 10, 2));
    }
    return Path.of(file);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2,units",
    "gpt2,element",
    "gpt-neox,units",
    "gpt-neox,'row,column'",
    "phi3,units",
    "phi3,1:2",
    "qwen2,units",
    "qwen3,units",
    "mistral,units",
    "gemma2,units",
    "gemma3,'row,column'",
    "olmo2,units",
    "smollm3,units",
    "granite,element",
    "stablelm-parallel,units",
    "mixtral,units",
    "mixtral-merged,units",
    "qwen2-moe,units",
    "qwen3-moe,'row,column'",
    "olmoe,element",
    "bert,units",
    "bert-untied,'row,column'",
    "roberta,element",
    "distilbert,units",
    "distilbert,1:2",
    "bert-embedding,units",
    "roberta-embedding,'row,column'",
    "distilbert-embedding,element",
    "bert-token,units",
    "distilbert-sequence,units",
    "bert-number,units",
    "roberta-number,element",
    "vit,units",
    "vit,1:2",
    "vit-grey,element",
    "deit,'row,column'",
    "deit-teacher,units"
  })
  void isPrunedMeasuredAndWrittenAsItCame(String name, String structures) throws Exception {
    try (ReferenceModel model = ReferenceModel.open(name)) {
      boolean causal = model.config().attention().causal();
      Path folder = ReferenceFolder.write(model, temp.resolve("model"), causal ? null : MASK);
      List<String> tokens = List.of(windows(model).toString());
      Path output = temp.resolve("output");
      Map<String, Object> options = new HashMap<>(Map.of("structures", structures, "shots", 2));
      if (structures.equals("1:2")) {
        options.put("shots", 1);
      } else {
        options.put("sparsity", 0.3);
      }
      PruneRequest request =
          new PruneRequest(
              folder.toString(),
              tokens,
              tokens,
              output.toString(),
              null,
              false,
              Recipe.of(options));
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      PruningReport report = pipeline.prune(request);
      assertThat(report.sparsity()).isBetween(0.2, 0.5);
      if (model.config().objective().hasAnswers()) {
        double perplexity = pipeline.evaluate(output.toString(), tokens, null).perplexity();
        assertThat(perplexity).isEqualTo(report.perplexity());
      }
      assertThat(report.perplexity()).isNotEqualTo(report.quality().densePerplexity());
      assertThat(report.quality().scores().stream().map(PruningReport.Score::metric))
          .containsExactlyElementsOf(metrics(model.config()));
      try (ModelFolder before = ModelFolder.open(new LocalStorage(), folder.toString());
          ModelFolder after = ModelFolder.open(new LocalStorage(), output.toString())) {
        List<String> names = new ArrayList<>(before.names());
        assertThat(after.names()).isEqualTo(names);
        for (String each : names) {
          assertThat(after.shape(each)).as(each).isEqualTo(before.shape(each));
        }
      }
    }
  }
}
