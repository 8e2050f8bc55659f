package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Models that tie the head to the embedding and store both, or only the head. */
class StoredHeadRunTest {
  private static final String HEAD = "lm_head.weight";
  private static JavaSparkContext spark;

  @TempDir private Path temp;
  private final RecordingProgress progress = new RecordingProgress();

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private static void tie(Path folder, boolean tied) throws IOException {
    ObjectNode config = TinyModels.llamaJson().put("tie_word_embeddings", tied);
    Files.writeString(folder.resolve("config.json"), config.toString());
  }

  private double perplexity(Path folder, TestModel model) {
    return new SurgeonPipeline(spark, progress)
        .evaluate(folder.toString(), List.of(model.tokens().toString()), null)
        .perplexity();
  }

  private PruningReport prune(TestModel model, Path output, Route route) {
    PruneRequest request =
        model.request(output, Recipe.of(Map.of("sparsity", 0.2, "shots", 1, "one-width", true)));
    return new SurgeonPipeline(spark, progress)
        .prune(
            new PruneRequest(
                request.model(),
                request.calibration(),
                request.test(),
                request.output(),
                null,
                false,
                request.recipe(),
                route));
  }

  private List<String> told() {
    return progress.events().stream().filter(each -> each.contains("config.json ties")).toList();
  }

  /** As transformers 5 reads it: what is stored is the head, whatever the configuration says. */
  @ParameterizedTest
  @EnumSource(
      value = Route.class,
      names = {"ZEROS", "UNIFORM", "PER_LAYER"})
  void aHeadThatDiffersIsUsedAndToldOfAndWrittenBack(Route route) throws Exception {
    ObjectNode untied = TinyModels.llamaJson().put("tie_word_embeddings", false);
    TestModel model = TestModel.write(temp, "model", untied, DataType.F32);
    double own = perplexity(model.folder(), model);
    assertThat(told()).isEmpty();
    tie(model.folder(), true);

    assertThat(perplexity(model.folder(), model)).isEqualTo(own);
    assertThat(told()).hasSize(1);
    Path output = temp.resolve("out");
    PruningReport report = prune(model, output, route);
    assertThat(told()).hasSize(2);
    assertThat(report.quality().densePerplexity()).isCloseTo(own, within(1e-6 * own));
    assertThat(perplexity(output, model))
        .isCloseTo(report.perplexity(), within(1e-5 * report.perplexity()));
    Map<String, byte[]> before = tensors(model.folder());
    Map<String, byte[]> after = tensors(output);
    for (String name : List.of(HEAD, "model.embed_tokens.weight")) {
      assertThat(after.get(name)).as(name).isEqualTo(before.get(name));
    }
    JsonNode config = new ObjectMapper().readTree(output.resolve("config.json").toFile());
    assertThat(config.path("tie_word_embeddings").asBoolean()).isTrue();
  }

  /** Converted models of OPT hold the embedding under the name of the head. */
  @Test
  void anEmbeddingThatIsStoredAsTheHeadIsBothAndWrittenBackSo() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    double dense = perplexity(model.folder(), model);
    rename(model.folder(), "model.decoder.embed_tokens.weight", HEAD);

    assertThat(perplexity(model.folder(), model)).isEqualTo(dense);
    Path output = temp.resolve("out");
    PruningReport report = prune(model, output, Route.ZEROS);
    assertThat(report.quality().densePerplexity()).isEqualTo(dense);
    assertThat(told()).isEmpty();
    assertThat(tensors(output).keySet()).isEqualTo(tensors(model.folder()).keySet());
    assertThat(tensors(output).get(HEAD)).isEqualTo(tensors(model.folder()).get(HEAD));
  }

  private static ObjectNode header(byte[] file) throws IOException {
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return (ObjectNode) new ObjectMapper().readTree(file, 8, length);
  }

  private static byte[] data(byte[] file) {
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return Arrays.copyOfRange(file, 8 + length, file.length);
  }

  private static Map<String, byte[]> tensors(Path folder) throws IOException {
    byte[] file = Files.readAllBytes(folder.resolve("model.safetensors"));
    byte[] data = data(file);
    Map<String, byte[]> tensors = new TreeMap<>();
    for (Map.Entry<String, JsonNode> each : header(file).properties()) {
      if (!each.getKey().equals("__metadata__")) {
        var places = each.getValue().path("data_offsets");
        tensors.put(
            each.getKey(),
            Arrays.copyOfRange(data, places.path(0).asInt(), places.path(1).asInt()));
      }
    }
    return tensors;
  }

  private static void rename(Path folder, String from, String to) throws IOException {
    Path path = folder.resolve("model.safetensors");
    byte[] file = Files.readAllBytes(path);
    ObjectNode header = header(file);
    header.set(to, header.remove(from));
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    byte[] data = data(file);
    ByteBuffer all =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(path, all.putLong(json.length).put(json).put(data).array());
  }
}
