package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Whether more data would help, said by halves of the data. */
class HalvesRunTest {
  @TempDir Path temp;

  private static Recipe recipe(Map<String, ?> more) {
    Map<String, Object> options =
        new HashMap<>(Map.of("structures", "units", "sparsity", 0.3, "shots", 2, "shards", 4));
    options.putAll(more);
    return Recipe.of(options);
  }

  private PruningReport prune(String master, TestModel model, String output, Map<String, ?> more) {
    try (JavaSparkContext spark = new JavaSparkContext(TestSpark.conf(master))) {
      return new SurgeonPipeline(spark, Progress.silent())
          .prune(model.request(temp.resolve(output), recipe(more)));
    }
  }

  private byte[] weights(String output) throws Exception {
    return Files.readAllBytes(temp.resolve(output).resolve("model.safetensors"));
  }

  @Test
  void theCheckSaysTheSameOnOneThreadAndOnThreeAndChangesNoWeight() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    PruningReport plain = prune("local[3]", model, "plain", Map.of());
    PruningReport one = prune("local[1]", model, "one", Map.of("check-data", true));
    PruningReport three = prune("local[3]", model, "three", Map.of("check-data", true));
    assertThat(plain.numerics().halves()).isNull();
    assertThat(one.numerics().halves()).isEqualTo(three.numerics().halves());
    assertThat(weights("one")).isEqualTo(weights("plain")).isEqualTo(weights("three"));
    assertThat(one.numerics().halves().units()).isPositive();
    assertThat(one.numerics().halves().rankCorrelation()).isBetween(-1.0, 0.999);
    assertThat(one.numerics().halves().excess()).isPositive();
    assertThat(one.numerics().halves().wantsMore())
        .isEqualTo(
            one.notes().warnings().stream().anyMatch(each -> each.startsWith("More calibration")));
  }

  @Test
  void halvesThatAreEqualAgree() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32).repeated();
    PruningReport report = prune("local[2]", model, "same", Map.of("check-data", true));
    assertThat(report.numerics().halves().rankCorrelation()).isEqualTo(1);
    assertThat(report.numerics().halves().excess()).isZero();
    assertThat(report.notes().warnings()).noneMatch(each -> each.startsWith("More calibration"));
  }

  @Test
  void oneShardHasNoHalves() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    assertThatThrownBy(
            () -> prune("local[2]", model, "one", Map.of("check-data", true, "shards", 1)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--check-data")
        .hasMessageContaining("--shards 2");
  }
}
