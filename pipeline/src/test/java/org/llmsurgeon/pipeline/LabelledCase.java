package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.EvaluateRequest;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Labelled data as people have it, and runs on it. */
abstract class LabelledCase {
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

  Path folder(String name) throws IOException {
    return TinyEncoders.model(name, temp.resolve(name));
  }

  static String text(int seed) {
    return TinyEncoders.text(seed);
  }

  /** JSON with single quotes for double ones. */
  String lines(String name, List<String> rows) throws IOException {
    String json = rows.stream().collect(Collectors.joining("\n")).replace('\'', '"');
    return Files.writeString(temp.resolve(name), json).toString();
  }

  String pairs(String name, int count) throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String label = i % 3 == 2 ? "'LABEL_2'" : String.valueOf(i % 3);
      rows.add(
          "{'premise': '%s', 'hypothesis': '%s', 'label': %s}"
              .formatted(text(i), text(i + 1), label));
    }
    return lines(name, rows);
  }

  PruningReport prune(Path model, String data, List<String> test, Map<String, ?> options) {
    Map<String, Object> all =
        new HashMap<>(Map.of("shots", 2, "sparsity", 0.3, "sequences", 24, "context", 12));
    all.putAll(options);
    return new SurgeonPipeline(spark, Progress.silent())
        .prune(
            new PruneRequest(
                model.toString(),
                List.of(data),
                test,
                temp.resolve("output").toString(),
                null,
                true,
                Recipe.of(all)));
  }

  static EvaluationResult evaluate(
      String model, String reference, String test, Map<String, ?> options) {
    return new SurgeonPipeline(spark, Progress.silent())
        .evaluate(new EvaluateRequest(model, reference, List.of(test), Recipe.of(options)));
  }

  static String row(String column, int seed) {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      many.append(text(seed + i)).append(' ');
    }
    return "{'%s': '%s'}".formatted(column, many.toString().strip());
  }
}
