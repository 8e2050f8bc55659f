package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Names of all folders are such that a Java without a UTF-8 locale cannot find them. */
class StandaloneClusterTest {
  private static final String NAME = "gr\u00f6\u00dfe \u6a21\u578b ";

  private static final Recipe RECIPE = Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "shards", 6));

  @TempDir Path temp;

  @Test
  void twoWorkerProcessesWriteWhatOneThreadWritesEvenWhenOneIsKilled() throws Exception {
    TestModel model = TestModel.llama(Files.createDirectories(temp.resolve(NAME)), DataType.F32);
    try (JavaSparkContext spark = TestSpark.local(1)) {
      prune(spark, model, "local", Progress.silent());
    }
    try (StandaloneCluster cluster = StandaloneCluster.start(temp.resolve("cluster"), 2);
        JavaSparkContext spark =
            new JavaSparkContext(cluster.conf().set(ReducePlace.SETTING, "executors"))) {
      StandaloneCluster.awaitExecutors(spark, 2);
      prune(spark, model, "two", Progress.silent());
      KillOnce progress = new KillOnce(cluster);
      prune(spark, model, "killed", progress);
      assertThat(progress.done).isTrue();
      EvaluationResult result =
          new SurgeonPipeline(spark, Progress.silent())
              .evaluate(
                  temp.resolve(NAME + "killed").toString(),
                  List.of(model.tokens().toString()),
                  null);
      assertThat(result.windows()).isEqualTo(10);
    }

    byte[] expected = weights("local");
    assertThat(weights("two")).isEqualTo(expected);
    assertThat(weights("killed")).isEqualTo(expected);
  }

  /** Kills an executor in the middle of the first calibration. */
  private static final class KillOnce extends RecordingProgress {
    private final StandaloneCluster cluster;
    private boolean accumulating;
    private boolean done;

    KillOnce(StandaloneCluster cluster) {
      this.cluster = cluster;
    }

    @Override
    public void stageStarted(int shot, String stage, int tasks) {
      accumulating = stage.equals("accumulate");
    }

    @Override
    public void taskFinished() {
      if (accumulating && !done) {
        done = true;
        cluster.killExecutorsOf(1);
      }
    }
  }

  private void prune(JavaSparkContext spark, TestModel model, String output, Progress progress) {
    new SurgeonPipeline(spark, progress).prune(model.request(temp.resolve(NAME + output), RECIPE));
  }

  private byte[] weights(String output) throws Exception {
    return Files.readAllBytes(temp.resolve(NAME + output).resolve("model.safetensors"));
  }
}
