package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.cluster.KeptMemory;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.forecast.ResourceUse;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.weights.MappedWeights;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

/** A model of four times the memory that a task of a pass has. */
@Tag("long")
class LargerThanMemoryTest {
  private static final int BLOCKS = 8;

  @TempDir java.nio.file.Path temp;
  private TestModel model;

  @BeforeEach
  void write() throws IOException {
    ObjectNode json = TinyModels.llamaJson();
    json.put("hidden_size", 256).put("intermediate_size", 688).put("vocab_size", 10000);
    json.put("num_hidden_layers", BLOCKS).put("num_attention_heads", 4).put("head_dim", 64);
    json.put("num_key_value_heads", 2).put("tie_word_embeddings", false);
    model = TestModel.write(temp.toRealPath(), "large", json, DataType.BF16);
  }

  private long modelBytes() {
    return LanguageModel.tensors(model.config()).values().stream()
        .mapToLong(LargerThanMemoryTest::elements)
        .map(elements -> Float.BYTES * elements)
        .sum();
  }

  private static long elements(int[] shape) {
    long elements = 1;
    for (int size : shape) {
      elements *= size;
    }
    return elements;
  }

  /** The model is mapped, and what blocks read is on the disk. */
  private static SparkConf little() {
    return TestSpark.conf("local[1]")
        .set(KeptMemory.SETTING, "64k")
        .set(MappedWeights.SETTING, "0");
  }

  private ClusterDriver.Job job(String name, boolean remote) {
    java.nio.file.Path run = model.folder().resolveSibling(name + "-run");
    return new ClusterDriver.Job(
        model.folder().toString(),
        model.tokens().toString(),
        model.folder().resolveSibling(name).toString(),
        remote ? RemoteFileSystem.uri(run) : run.toString(),
        Phase.COMMIT,
        model.folder().resolveSibling(name + "-marker").toString());
  }

  /** Prunes, and keeps the factors of the second shot by their names. */
  private PruningReport prune(SparkConf conf, String name, Map<String, byte[]> factors) {
    ClusterDriver.Job job = job(name, false);
    Progress progress = Phase.COMMIT.progress(() -> read(job.run(), factors));
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      return new SurgeonPipeline(spark, progress).prune(job.request());
    }
  }

  private void read(String run, Map<String, byte[]> factors) {
    java.nio.file.Path folder = java.nio.file.Path.of(run, "shot-0002", "factors");
    try (Stream<java.nio.file.Path> files = Files.list(folder)) {
      for (java.nio.file.Path file : files.toList()) {
        // What follows the factor's name tells attempts apart.
        String name = file.getFileName().toString();
        FactorPlan.keys(model.config(), CurvatureRule.DEFAULT).stream()
            .map(FactorKey::label)
            .filter(label -> name.startsWith(label + "-"))
            .forEach(label -> factors.put(label, bytes(file)));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static byte[] bytes(java.nio.file.Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private byte[] pruned(String name) {
    return bytes(model.folder().resolveSibling(name).resolve("model.safetensors"));
  }

  @Test
  void itGoesThroughTheDataOnceWithTheFactorsOfTheStraightWay() throws Exception {
    Map<String, byte[]> straight = new TreeMap<>();
    Map<String, byte[]> bounded = new TreeMap<>();
    prune(TestSpark.conf("local[1]"), "straight", straight);
    ResourceUse use = prune(little(), "bounded", bounded).resources();

    assertThat(straight).hasSize(FactorPlan.keys(model.config(), CurvatureRule.DEFAULT).size());
    assertThat(bounded.keySet()).isEqualTo(straight.keySet());
    straight.forEach((key, bytes) -> assertThat(bounded.get(key)).as(key).isEqualTo(bytes));
    assertThat(pruned("bounded")).isEqualTo(pruned("straight"));

    ResourceUse.Stage accumulate =
        use.stages().stream().filter(stage -> stage.name().equals("accumulate")).findFirst().get();
    assertThat(accumulate.actual().times()).as("once a shot").isEqualTo(2);
    assertThat(accumulate.actual().device()).isLessThanOrEqualTo(modelBytes() / 4);
    assertThat(use.planned().disk()).isCloseTo(use.actual().disk(), withinPercentage(10));
  }

  @Test
  void killedInBlockThreeOfEightItGoesOnToTheSameBytes() throws Exception {
    prune(little(), "undisturbed", new TreeMap<>());
    ClusterDriver.Job job = job("killed", true);
    SparkConf conf =
        little()
            .set("spark.hadoop.fs.remote.impl", Holding.class.getName())
            .set("spark.hadoop." + Holding.AFTER, Long.toString(blocks(5) + blocks(1) / 2))
            .set("spark.hadoop." + CutOffFileSystem.MARKER, job.marker());
    ClusterDriver.runAndKill(conf, job);
    assertThat(model.folder().resolveSibling("killed")).doesNotExist();

    SparkConf again = little().set("spark.hadoop.fs.remote.impl", RemoteFileSystem.class.getName());
    try (JavaSparkContext spark = new JavaSparkContext(again)) {
      PruneRequest request = job.request();
      new SurgeonPipeline(spark, Progress.silent()).prune(request);
    }
    assertThat(pruned("killed")).isEqualTo(pruned("undisturbed"));
  }

  /** Bytes of the sums of some blocks in a shard's file. */
  private long blocks(int count) {
    return Float.BYTES
        * FactorPlan.keys(model.config(), CurvatureRule.DEFAULT).stream()
            .mapToLong(FactorKey::packedSize)
            .sum()
        / BLOCKS
        * count;
  }

  /** Stops for ever after so many bytes of the third shard: the last blocks come first. */
  public static final class Holding extends RemoteFileSystem {
    static final String AFTER = "fs.remote.hold.after";

    @Override
    public FSDataOutputStream create(
        Path path,
        FsPermission permission,
        boolean overwrite,
        int buffer,
        short replication,
        long block,
        Progressable progress)
        throws IOException {
      FSDataOutputStream out =
          super.create(path, permission, overwrite, buffer, replication, block, progress);
      return path.toString().matches(".*/shards/shard-00002-.*\\.f32")
          ? new FSDataOutputStream(new Counted(out, getConf().getLong(AFTER, 0)), null)
          : out;
    }

    private final class Counted extends FilterOutputStream {
      private long left;

      Counted(OutputStream out, long left) {
        super(out);
        this.left = left;
      }

      @Override
      public void write(byte[] bytes, int from, int count) throws IOException {
        int some = (int) Math.min(left, count);
        out.write(bytes, from, some);
        left -= some;
        if (some < count) {
          out.flush();
          ClusterDriver.markAndWait(getConf().get(CutOffFileSystem.MARKER));
        }
      }
    }
  }
}
