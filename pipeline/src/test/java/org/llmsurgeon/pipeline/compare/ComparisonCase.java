package org.llmsurgeon.pipeline.compare;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.cluster.Progress;

/** What tests of comparisons have in common: Spark, requests and a folder. */
abstract class ComparisonCase {
  static final List<String> ALL =
      List.of("magnitude", "wanda", "sparsegpt", "l-obd", "k-obd", "obs", "surgeon");
  static JavaSparkContext spark;
  @TempDir Path temp;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  static SurgeonPipeline pipeline() {
    return new SurgeonPipeline(spark, Progress.silent());
  }

  final CompareRequest request(
      TestModel model, List<String> methods, List<Double> sparsities, Map<String, ?> options) {
    return request(model, new CompareRequest.Runs(methods, sparsities, options), false);
  }

  final CompareRequest request(TestModel model, CompareRequest.Runs runs, boolean overwrite) {
    List<String> tokens = List.of(model.tokens().toString());
    return new CompareRequest(
        model.folder().toString(), tokens, tokens, output().toString(), overwrite, runs);
  }

  final Path output() {
    return temp.resolve("compared");
  }

  static void refused(CompareRequest request, String reason) {
    assertThatThrownBy(() -> pipeline().compare(request))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(reason);
  }

  static List<ComparedRun> of(List<ComparedRun> runs, String method) {
    return runs.stream().filter(run -> run.way().method().equals(method)).toList();
  }
}
