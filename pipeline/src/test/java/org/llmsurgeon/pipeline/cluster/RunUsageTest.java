package org.llmsurgeon.pipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.files.Traffic;
import org.llmsurgeon.pipeline.forecast.ResourceUse;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What a run needs is measured, and is what was planned. */
class RunUsageTest {
  private static JavaSparkContext spark;
  @TempDir Path temp;

  @BeforeAll
  static void start() {
    // One task at a time: then what tensors take does not depend on which tasks meet.
    spark = TestSpark.local(1);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @Test
  void bytesCountForTheThreadThatMovesThem() throws Exception {
    HadoopStorage storage = new HadoopStorage(new Configuration(false));
    String file = temp.resolve("file").toString();
    Traffic before = Traffic.ofThread();
    try (OutputStream out = storage.create(file)) {
      out.write(new byte[70]);
      out.write(1);
    }
    CompletableFuture.runAsync(() -> storage.readBytes(file)).join();
    assertThat(Traffic.ofThread().since(before)).isEqualTo(new Traffic(0, 71));
    try (ByteSource source = storage.open(file)) {
      source.read(10, ByteBuffer.allocate(20));
      source.map(0, 5);
    }
    assertThat(Traffic.ofThread().since(before)).isEqualTo(new Traffic(25, 71));
  }

  @Test
  void tasksAndDriverAddUpToTheirStage() {
    RecordingProgress told = new RecordingProgress();
    RunUsage usage = new RunUsage(told);
    usage.stageStarted(1, "cut", 2);
    usage.add(new TaskUsage(10, 1, 500L, 40));
    RunUsage inner = usage.quiet();
    inner.stageStarted(1, "step", 1);
    inner.add(new TaskUsage(20, 2, 300L, 70));
    inner.stageFinished(0.5);
    usage.stageFinished(1.5);

    RunUsage.Stage stage = usage.stages().get(0);
    assertThat(stage.traffic()).isEqualTo(new Traffic(30, 3));
    assertThat(stage.executor()).isEqualTo(500);
    assertThat(stage.device()).isEqualTo(70);
    assertThat(stage.seconds()).isEqualTo(1.5);
    assertThat(told.events()).containsExactly("stage 1 cut 2", "end");
  }

  static Stream<Map<String, Object>> recipes() {
    return Stream.of(
        Map.of("structures", "units"),
        Map.of("structures", "row,column"),
        Map.of("structures", "element"),
        Map.of("structures", "2:4"),
        Map.of("correct", "distill", "rank", 6, "correct-share", 0.5, "final-epochs", 2),
        Map.of("structures", "element", "correct", "cross-entropy", "reconstruct", true),
        Map.of("recover", "distill", "recover-tokens", 240, "recover-batch", 6),
        Map.of("check-data", true),
        Map.of("trust-region", true, "sparsity", 0.02),
        Map.of("structures", "row,column", "curvature", "ekfac"),
        Map.of("curvature", "nearest-kronecker", "curvature-passes", 1, "save-at", "0.15"),
        Map.of("fisher", "kl", "fisher-samples", 2));
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void theReportHoldsThePlanAgainstWhatWas(Map<String, Object> options) throws Exception {
    ObjectNode json = TinyModels.llamaJson();
    json.put("vocab_size", 101).put("hidden_size", 96).put("intermediate_size", 240);
    TestModel model = TestModel.write(temp, "wide", json.put("head_dim", 24), DataType.BF16);
    Map<String, Object> all = new HashMap<>(Map.of("sparsity", 0.3, "shots", 2));
    all.putAll(options);
    ProcessCache.shared().begin(ProcessCache.Work.OTHER);
    long ofOtherTests = PeakMemory.deviceBytes();
    PruningReport report =
        new SurgeonPipeline(spark, Progress.silent())
            .prune(model.request(temp.resolve("out"), Recipe.of(all)));

    ResourceUse use = report.resources();
    assertThat(use.stages())
        .extracting(ResourceUse.Stage::name)
        .contains("accumulate", "reduce", "score", "cut", "write");
    for (ResourceUse.Stage stage : use.stages()) {
      String name = stage.name();
      if (!List.of("tokenise", "sample").contains(name)) {
        assertThat(stage.actual().times()).as(name).isEqualTo(stage.planned().times());
      }
      assertThat(stage.actual().seconds()).as(name).isPositive();
      if (stage.planned().device() > 0) {
        long taken = stage.actual().device() - ofOtherTests;
        assertClose(name + " tensors", stage.planned().device(), taken);
      }
      // Such windows are smaller than what their files begin with; how many parts move most, no
      // plan knows.
      if (!List.of("hash", "tokenise", "evaluate", "draw", "trust").contains(name)) {
        assertClose(name + " written", stage.planned().written(), stage.actual().written());
        if (!name.equals("accumulate")) {
          assertClose(name + " read", stage.planned().read(), stage.actual().read());
        }
      }
    }
    assertClose("disk", use.planned().disk(), use.actual().disk());
    assertClose("read", use.planned().read(), use.actual().read());
    assertClose("written", use.planned().written(), use.actual().written());
    assertThat(report).isEqualTo(Json.read(Json.bytes(report), PruningReport.class).orElseThrow());
  }

  private static void assertClose(String what, long planned, long actual) {
    assertThat(planned).as(what).isCloseTo(actual, withinPercentage(30));
  }
}
