package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

class PruneTest {
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

  @ParameterizedTest
  @CsvSource({
    "llama, F32, units",
    "llama, BF16, row-column",
    "opt, F32, row-column",
    "opt, BF16, units"
  })
  void theOutputHoldsWhatTheReportSays(String architecture, DataType dtype, String structures)
      throws Exception {
    TestModel model =
        architecture.equals("llama") ? TestModel.llama(temp, dtype) : TestModel.opt(temp, dtype);
    Path output = temp.resolve("pruned");
    RecordingProgress progress = new RecordingProgress();

    Recipe recipe =
        Recipe.of(Map.of("structures", structures.replace('-', ','), "sparsity", 0.4, "shots", 2));
    PruningReport report =
        new SurgeonPipeline(spark, progress).prune(model.request(output, recipe));

    assertThat(report.shots()).hasSize(2);
    assertThat(report.sparsity()).isPositive().isLessThanOrEqualTo(0.4);
    assertThat(report.layers()).hasSameSizeAs(model.config().linears());
    assertThat(report.layers().stream().mapToLong(layer -> layer.counts().removed()).sum())
        .isEqualTo(report.shots().get(1).removal().removed());
    checkZeros(output, model, report);
    assertThat(Files.readString(output.resolve("generation_config.json")))
        .isEqualTo(Files.readString(model.folder().resolve("generation_config.json")));
    assertThat(output.resolve(".surgeon-run")).doesNotExist();
    EvaluationResult again =
        new SurgeonPipeline(spark, Progress.silent())
            .evaluate(output.toString(), List.of(model.tokens().toString()), null);
    assertThat(again.perplexity()).isEqualTo(report.perplexity());
    if (dtype == DataType.F32) {
      assertThat(report.quality().perplexityF32()).isEqualTo(report.perplexity());
    }
  }

  /** Counts all-zero rows and columns, biases included, in the folder as written. */
  private static void checkZeros(Path output, TestModel model, PruningReport report)
      throws IOException {
    Device device = ExecutorDevice.shared();
    try (ModelFolder folder = ModelFolder.open(new LocalStorage(), output.toString())) {
      for (int i = 0; i < report.layers().size(); i++) {
        LinearShape shape = model.config().linears().get(i);
        PruningReport.Layer layer = report.layers().get(i);
        double[][] all = augmented(folder, shape, device);
        long zeroRows = java.util.Arrays.stream(all).filter(PruneTest::isZero).count();
        long zeroColumns =
            java.util.Arrays.stream(transposed(all)).filter(PruneTest::isZero).count();
        assertThat(layer.name()).isEqualTo(shape.name());
        // Where all rows of a layer went, its columns are zero too.
        assertThat(zeroRows).isGreaterThanOrEqualTo(layer.lines().rowsRemoved());
        assertThat(zeroColumns).isGreaterThanOrEqualTo(layer.lines().columnsRemoved());
        assertThat(
                zeroRows * layer.lines().columns()
                    + zeroColumns * layer.lines().rows()
                    - zeroRows * zeroColumns)
            .isEqualTo(layer.counts().removed());
      }
    }
  }

  private static double[][] augmented(ModelFolder folder, LinearShape shape, Device device) {
    double[][] all = new double[shape.outputs()][shape.augmentedInputs()];
    try (Tensor weight = folder.load(shape.weightName(), device)) {
      double[] values = device.values(weight);
      for (int r = 0; r < all.length; r++) {
        System.arraycopy(values, r * shape.inputs(), all[r], 0, shape.inputs());
      }
    }
    if (shape.bias()) {
      try (Tensor bias = folder.load(shape.biasName(), device)) {
        double[] values = device.values(bias);
        for (int r = 0; r < all.length; r++) {
          all[r][shape.inputs()] = values[r];
        }
      }
    }
    return all;
  }

  private static double[][] transposed(double[][] all) {
    double[][] columns = new double[all[0].length][all.length];
    for (int r = 0; r < all.length; r++) {
      for (int c = 0; c < columns.length; c++) {
        columns[c][r] = all[r][c];
      }
    }
    return columns;
  }

  private static boolean isZero(double[] values) {
    return java.util.Arrays.stream(values).allMatch(value -> value == 0);
  }
}
