package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The heap of a driver, a process of its own beside a real cluster, is that of any driver: it does
 * not grow with the layers of the model. What counts is what lives: the most that a whole
 * collection leaves, taken over and over while a shot is done.
 */
@Tag("cluster")
class DriverHeapClusterTest {
  private static final int WIDTH = 128;
  private static final Recipe RECIPE =
      Recipe.of(Map.of("sparsity", 0.2, "shots", 1, "shards", 4, "context", 10));

  @TempDir Path temp;

  @Test
  @Tag("long")
  void thePeakOfTheDriversHeapIsTheSameFor8And32Layers() throws Exception {
    try (StandaloneCluster cluster = StandaloneCluster.start(temp.resolve("cluster"), 1)) {
      long eight = peak(cluster, 8);
      long more = peak(cluster, 32);
      assertThat(more).isCloseTo(eight, withinPercentage(10));
    }
  }

  private long peak(StandaloneCluster cluster, int layers) throws Exception {
    ObjectNode json = TinyModels.llamaJson();
    json.put("hidden_size", WIDTH).put("intermediate_size", 3 * WIDTH).put("head_dim", 32);
    json.put("num_hidden_layers", layers);
    TestModel model = TestModel.write(temp, "layers-" + layers, json, DataType.BF16);
    Path output = temp.resolve("out-" + layers);
    List<String> command = TestJava.commandWithModules();
    command.add("-Xmx512m");
    SparkConf conf = cluster.conf().set(ReducePlace.SETTING, "driver");
    for (scala.Tuple2<String, String> setting : conf.getAll()) {
      command.add("-D" + setting._1() + "=" + setting._2());
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Driver.class.getName()));
    command.addAll(
        List.of(model.folder().toString(), model.tokens().toString(), output.toString()));
    Path out = temp.resolve(layers + ".out");
    Path err = temp.resolve(layers + ".err");
    Process process =
        new ProcessBuilder(new ArrayList<>(command))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(err)).isZero();
    return Long.parseLong(Files.readString(out).strip());
  }

  /** Prunes, and prints the most bytes that lived. */
  static final class Driver {
    private Driver() {}

    /**
     * The process.
     *
     * @param arguments model, windows and output
     */
    public static void main(String[] arguments) throws Exception {
      List<String> windows = List.of(arguments[1]);
      PruneRequest request =
          new PruneRequest(arguments[0], windows, windows, arguments[2], null, false, RECIPE);
      LiveHeap heap = new LiveHeap();
      try (JavaSparkContext spark = new JavaSparkContext(new SparkConf())) {
        heap.start();
        new SurgeonPipeline(spark, Progress.silent()).prune(request);
        heap.finish();
      }
      System.out.println(heap.peak);
    }
  }

  /** Collects the whole heap over and over, and remembers the most that a collection left. */
  private static final class LiveHeap extends Thread {
    private static final int PAUSE = 20;

    /** The collector of the whole heap; young collections would leave garbage. */
    private static final String WHOLE = "MarkSweepCompact";

    private final GarbageCollectorMXBean collector =
        ManagementFactory.getPlatformMXBeans(GarbageCollectorMXBean.class).stream()
            .filter(each -> each.getName().equals(WHOLE))
            .findFirst()
            .orElseThrow();
    private volatile boolean finished;
    private long peak;

    LiveHeap() {
      setDaemon(true);
    }

    void finish() throws InterruptedException {
      finished = true;
      join();
    }

    @Override
    public void run() {
      while (!finished) {
        System.gc();
        GcInfo last = collector.getLastGcInfo();
        if (last != null) {
          peak = Math.max(peak, used(last));
        }
        try {
          TimeUnit.MILLISECONDS.sleep(PAUSE);
        } catch (InterruptedException ended) {
          return;
        }
      }
    }

    private static long used(GcInfo collection) {
      return ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP)
          .mapToLong(pool -> collection.getMemoryUsageAfterGc().get(pool.getName()).getUsed())
          .sum();
    }
  }
}
