package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.surgery.recipe.Recipe;

/** A driver in a process of its own, which stops for ever when its run comes to a phase. */
final class ClusterDriver {
  private ClusterDriver() {}

  /** How its models are pruned: six shards, so that two executors have several tasks each. */
  static final Map<String, Object> OPTIONS = Map.of("sparsity", 0.3, "shots", 2, "shards", 6);

  /** The same as a recipe. */
  static final Recipe RECIPE = Recipe.of(OPTIONS);

  /**
   * What it does.
   *
   * @param model model folder
   * @param windows token windows
   * @param output folder of the pruned model
   * @param run run directory
   * @param phase where it stops; in the middle of the commit if its file system does
   * @param marker a file that is made then
   */
  record Job(String model, String windows, String output, String run, Phase phase, String marker) {
    PruneRequest request() {
      List<String> text = List.of(windows);
      return new PruneRequest(model, text, text, output, run, false, phase.run().recipe());
    }
  }

  /** Runs a job, and kills the process when it has come to its phase. */
  static void runAndKill(SparkConf conf, Job job) throws Exception {
    Path marker = Path.of(job.marker());
    Path file = Files.write(marker.resolveSibling("driver.json"), Json.bytes(job));
    Path log = marker.resolveSibling("driver.log");
    List<String> command = TestJava.commandWithModules();
    command.add("-Xmx512m");
    for (scala.Tuple2<String, String> setting : conf.getAll()) {
      command.add("-D" + setting._1() + "=" + setting._2());
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(ClusterDriver.class.getName(), file.toString()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(180);
    while (!Files.exists(marker)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new IllegalStateException(
            "the driver did not come to " + job.phase() + ":\n" + Files.readString(log));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    process.destroyForcibly().waitFor();
  }

  /** Tells the parent, and waits to be killed. */
  static void markAndWait(String marker) {
    try {
      Files.createFile(Path.of(marker));
      TimeUnit.HOURS.sleep(1);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The process.
   *
   * @param arguments the job's file
   */
  public static void main(String[] arguments) throws Exception {
    Job job = Json.read(Files.readAllBytes(Path.of(arguments[0])), Job.class).orElseThrow();
    Progress progress =
        job.phase() == Phase.COMMIT
            ? Progress.silent()
            : job.phase().progress(() -> markAndWait(job.marker()));
    try (JavaSparkContext spark = new JavaSparkContext(new SparkConf())) {
      new SurgeonPipeline(spark, progress).prune(job.request());
    }
  }
}
