package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.analyse.ModelSummary;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What inspection says of a model's tensors. */
class InspectionTest {
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

  private SurgeonPipeline pipeline() {
    return new SurgeonPipeline(spark, Progress.silent());
  }

  @Test
  void countsWhatPruningRemoved() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    Path output = temp.resolve("pruned");
    PruningReport report =
        pipeline().prune(model.request(output, Recipe.of(Map.of("sparsity", 0.3, "shots", 1))));

    ModelSummary dense = pipeline().inspect(model.folder().toString());
    ModelSummary pruned = pipeline().inspect(output.toString());

    assertThat(dense.counts().removed()).isZero();
    assertThat(dense.counts().prunable()).isEqualTo(report.shots().get(0).removal().total());
    assertThat(dense.architecture()).isEqualTo("OPTForCausalLM");
    assertThat(dense.dtype()).isEqualTo("F32");
    assertThat(dense.counts().parameters())
        .isEqualTo(
            LanguageModel.tensors(model.config()).values().stream()
                .mapToLong(shape -> Arrays.stream(shape).asLongStream().reduce(1, (x, y) -> x * y))
                .sum());
    assertThat(pruned.counts().removed()).isEqualTo(report.shots().get(0).removal().removed());
    assertThat(pruned.counts().sparsity()).isEqualTo(report.sparsity());
  }

  /** A head of its own, then one that the configuration ties, then one equal to the embedding. */
  @Test
  void saysWhichTensorIsTheHeadAndCountsAnEqualOneOnce() throws Exception {
    TestModel model =
        TestModel.write(
            temp, "heads", TinyModels.llamaJson().put("tie_word_embeddings", false), DataType.F32);
    long size = (long) model.config().vocabulary() * model.config().hidden();
    ModelSummary own = pipeline().inspect(model.folder().toString());
    assertThat(own.head())
        .isEqualTo(new ModelSummary.Head("lm_head.weight", size, ModelSummary.Head.Kind.OWN));

    Files.writeString(
        model.folder().resolve("config.json"),
        TinyModels.llamaJson().put("tie_word_embeddings", true).toString());
    ModelSummary different = pipeline().inspect(model.folder().toString());
    assertThat(different.head())
        .isEqualTo(new ModelSummary.Head("lm_head.weight", size, ModelSummary.Head.Kind.DIFFERENT));
    assertThat(different.counts().parameters()).isEqualTo(own.counts().parameters());

    Path file = model.folder().resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    int data = 8 + (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    JsonNode header = new ObjectMapper().readTree(bytes, 8, data - 8);
    int[] places = new int[2];
    String[] names = {"model.embed_tokens.weight", "lm_head.weight"};
    for (int i = 0; i < 2; i++) {
      places[i] = data + header.path(names[i]).path("data_offsets").path(0).intValue();
    }
    System.arraycopy(bytes, places[0], bytes, places[1], Math.toIntExact(Float.BYTES * size));
    Files.write(file, bytes);
    ModelSummary equal = pipeline().inspect(model.folder().toString());
    assertThat(equal.head())
        .isEqualTo(new ModelSummary.Head("lm_head.weight", 0, ModelSummary.Head.Kind.EQUAL));
    assertThat(equal.counts().parameters()).isEqualTo(own.counts().parameters() - size);
  }
}
