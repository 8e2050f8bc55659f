package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.cuda.driver.StandIn;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.GpuPolicy;
import org.llmsurgeon.pipeline.cluster.GpuWork;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.cluster.TaskRunner;

/**
 * Stages for GPUs on a real cluster whose machines say that they have two, in whose place the
 * library of {@link StandIn} is.
 */
@Tag("cluster")
class GpuClusterTest {
  @TempDir Path temp;

  /** Where and when a task ran. */
  private record Place(String executor, String gpu, long from, long to) implements Serializable {
    boolean overlaps(Place other) {
      return from < other.to && other.from < to;
    }
  }

  /** Says where it runs, after a while. */
  private record Where(long milliseconds) implements TaskFunction<Integer, Place> {
    @Override
    public Place apply(Integer item, String attempt) throws InterruptedException {
      long from = System.currentTimeMillis();
      TimeUnit.MILLISECONDS.sleep(milliseconds);
      return new Place(
          SparkEnv.get().executorId(),
          ExecutorDevice.gpuAddress().orElse(null),
          from,
          System.currentTimeMillis());
    }
  }

  @Test
  void tasksForGpusHaveOneEachAndTheOtherTasksShareThem() throws Exception {
    try (StandaloneCluster cluster =
            StandaloneCluster.start(
                temp.resolve("cluster"),
                List.of(StandaloneCluster.Worker.withCores(4), workerWithTwoGpus()));
        JavaSparkContext spark = new JavaSparkContext(conf(cluster))) {
      StandaloneCluster.awaitExecutors(spark, 1);
      TaskRunner runner = new TaskRunner(spark, Progress.silent());

      List<Place> places = run(runner.onGpus(GpuWork.SOLVES), "gpu", 6);
      assertThat(places).extracting(Place::gpu).containsOnly("0", "1").contains("0", "1");
      assertThat(places).extracting(Place::executor).as("the one with GPUs").containsOnly("0");
      for (Place one : places) {
        assertThat(places)
            .filteredOn(other -> other != one && other.gpu().equals(one.gpu()))
            .noneMatch(one::overlaps);
      }
      assertThat(run(runner, "plain", 8))
          .as("four at a time share two GPUs")
          .anySatisfy(
              one ->
                  assertThat(run(runner, "again", 8))
                      .anyMatch(other -> other.gpu().equals(one.gpu())));

      TestModel model = TestModel.llama(temp, DataType.F32);
      prune(spark, model, "gpus");
      spark.close();
      StandIn.use();
      try (JavaSparkContext local =
          new JavaSparkContext(TestSpark.conf("local[2]").set(GpuPolicy.SETTING, "required"))) {
        prune(local, model, "local");
      }
      assertThat(weights("gpus")).as("by two cards as by one").isEqualTo(weights("local"));
    }
  }

  @Tag("long")
  @Test
  void underDynamicAllocationExecutorsWithGpusComeForTheirStagesOnly() throws Exception {
    try (StandaloneCluster cluster =
            StandaloneCluster.start(
                temp.resolve("cluster"),
                List.of(StandaloneCluster.Worker.withCores(1), workerWithTwoGpus()));
        JavaSparkContext spark =
            new JavaSparkContext(
                cluster
                    .conf()
                    .remove("spark.cores.max")
                    .set("spark.dynamicAllocation.enabled", "true")
                    .set("spark.dynamicAllocation.shuffleTracking.enabled", "true")
                    .set("spark.dynamicAllocation.maxExecutors", "2")
                    .set("spark.dynamicAllocation.executorIdleTimeout", "3s")
                    .set("spark.executorEnv.LD_LIBRARY_PATH", StandIn.build().toString())
                    .set("spark.executorEnv.XDG_CACHE_HOME", temp.resolve("cache").toString())
                    .set("spark.llmsurgeon.gpu.discoveryScript", discoveryScript().toString()))) {
      TaskRunner runner = new TaskRunner(spark, Progress.silent());
      assertThat(run(runner, "plain", 4)).extracting(Place::gpu).containsOnlyNulls();
      assertThat(run(runner.onGpus(GpuWork.SOLVES), "gpu", 4))
          .extracting(Place::gpu)
          .doesNotContainNull();
      assertThat(run(runner, "plain", 4)).extracting(Place::gpu).containsOnlyNulls();
    }
  }

  private static List<Place> run(TaskRunner runner, String stage, int tasks) {
    List<Integer> items = IntStream.range(0, tasks).boxed().toList();
    return runner.run(StageName.of(stage), items, new Where(300)).value();
  }

  private SparkConf conf(StandaloneCluster cluster) {
    return cluster
        .conf()
        .set("spark.cores.max", "4")
        .set("spark.executor.cores", "4")
        .set("spark.executor.resource.gpu.amount", "2")
        .set("spark.task.resource.gpu.amount", "0.5")
        .set("spark.executorEnv.LD_LIBRARY_PATH", StandIn.build().toString())
        .set("spark.executorEnv.XDG_CACHE_HOME", temp.resolve("cache").toString())
        .set(GpuPolicy.SETTING, "required");
  }

  private Path discoveryScript() throws Exception {
    Path script = temp.resolve("gpus.sh");
    Files.writeString(
        script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}'\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private StandaloneCluster.Worker workerWithTwoGpus() throws Exception {
    Path settings = temp.resolve("gpu-worker.conf");
    Files.writeString(
        settings,
        "spark.worker.resource.gpu.amount 2\nspark.worker.resource.gpu.discoveryScript "
            + discoveryScript()
            + "\n");
    return new StandaloneCluster.Worker("127.0.0.1", 4, settings);
  }

  private void prune(JavaSparkContext spark, TestModel model, String output) {
    new SurgeonPipeline(spark, Progress.silent())
        .prune(model.request(temp.resolve(output), ClusterDriver.RECIPE));
  }

  private byte[] weights(String output) throws Exception {
    return Files.readAllBytes(temp.resolve(output).resolve("model.safetensors"));
  }
}
