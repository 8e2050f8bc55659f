package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;

/** Spark starts slow tasks a second time on another machine, and both attempts write. */
@Tag("cluster")
class SpeculationClusterTest {
  @TempDir Path temp;

  @Test
  void aTaskThatRunsTwiceCountsOnce() throws Exception {
    TestModel model = TestModel.llama(temp.toRealPath(), DataType.F32);
    try (JavaSparkContext local = TestSpark.local(1)) {
      prune(local, model, "once", null);
    }
    AtomicInteger copies = new AtomicInteger();
    List<StandaloneCluster.Worker> machines =
        List.of(
            new StandaloneCluster.Worker("127.0.0.1", 1, null),
            new StandaloneCluster.Worker("127.0.0.2", 1, null));
    try (StandaloneCluster cluster = StandaloneCluster.start(temp.resolve("cluster"), machines);
        JavaSparkContext spark = new JavaSparkContext(conf(cluster))) {
      StandaloneCluster.awaitExecutors(spark, 2);
      spark
          .sc()
          .addSparkListener(
              new SparkListener() {
                @Override
                public void onTaskEnd(SparkListenerTaskEnd end) {
                  copies.addAndGet(end.taskInfo().speculative() ? 1 : 0);
                }
              });
      Path run = temp.toRealPath().resolve("run");
      prune(spark, model, "twice", RemoteFileSystem.uri(run));
    }
    assertThat(copies).hasPositiveValue();
    assertThat(weights("twice")).isEqualTo(weights("once"));
  }

  private static SparkConf conf(StandaloneCluster cluster) {
    return cluster
        .conf()
        .set("spark.hadoop.fs.remote.impl", SlowFileSystem.class.getName())
        .set("spark.speculation", "true")
        .set("spark.speculation.interval", "50ms")
        .set("spark.speculation.quantile", "0.5")
        .set("spark.speculation.multiplier", "1.5");
  }

  private void prune(JavaSparkContext spark, TestModel model, String output, String run) {
    List<String> windows = List.of(model.tokens().toString());
    new SurgeonPipeline(spark, Progress.silent())
        .prune(
            new PruneRequest(
                model.folder().toString(),
                windows,
                windows,
                temp.resolve(output).toString(),
                run,
                false,
                ClusterDriver.RECIPE));
  }

  private byte[] weights(String output) throws Exception {
    return Files.readAllBytes(temp.resolve(output).resolve("model.safetensors"));
  }
}
