package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.run.RunDirectory;

/**
 * Whatever process is killed, and whenever: the finished model has the bytes of an undisturbed run.
 */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KillMatrixClusterTest {
  private static final int WORKERS = 2;

  private Path temp;
  private TestModel model;
  private final Map<KilledRun, byte[]> undisturbed = new EnumMap<>(KilledRun.class);
  private StandaloneCluster cluster;
  private JavaSparkContext spark;
  private ReducePlace reduce;

  /** What is killed. */
  enum Victim {
    EXECUTOR,
    WORKER,
    DRIVER
  }

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    temp = folder.toRealPath();
    model = TestModel.llama(temp, DataType.F32);
    // A second core on each for the application of a driver in a process of its own.
    var worker = StandaloneCluster.Worker.withCores(2);
    cluster = StandaloneCluster.start(temp.resolve("cluster"), List.of(worker, worker));
  }

  @AfterAll
  void stop() {
    closeSpark();
    if (cluster != null) {
      cluster.close();
    }
  }

  private void closeSpark() {
    if (spark != null) {
      spark.close();
      spark = null;
    }
  }

  /** A context on the cluster; there is one at a time in a process, and it adds up as asked for. */
  private JavaSparkContext spark(KilledRun run) throws InterruptedException {
    if (spark == null || reduce != run.reduce()) {
      closeSpark();
      SparkConf conf =
          conf(run).set("spark.hadoop.fs.remote.impl", RemoteFileSystem.class.getName());
      spark = new JavaSparkContext(conf);
      reduce = run.reduce();
    }
    StandaloneCluster.awaitExecutors(spark, WORKERS);
    return spark;
  }

  private SparkConf conf(KilledRun run) {
    return cluster.conf().set(ReducePlace.SETTING, run.reduce().optionName());
  }

  /** Bytes of the model of a run in one process, of which nothing is killed. */
  private byte[] undisturbed(Phase phase) throws Exception {
    if (!undisturbed.containsKey(phase.run())) {
      closeSpark();
      try (JavaSparkContext local = TestSpark.local(1)) {
        ClusterDriver.Job job = job("undisturbed-" + phase.run(), phase, false);
        undisturbed.put(phase.run(), prune(local, job, Progress.silent()));
      }
    }
    return undisturbed.get(phase.run());
  }

  @ParameterizedTest
  @CsvSource({
    "ACCUMULATE, WORKER",
    "COMMIT, DRIVER",
    "CORRECT_LAST, EXECUTOR",
    "RECOVER_LATER, DRIVER"
  })
  void aKilledProcessChangesNoByte(Phase phase, Victim victim) throws Exception {
    byte[] expected = undisturbed(phase);
    assertThat(disturbed(phase, victim)).isEqualTo(expected);
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("everything")
  void anyKilledProcessInAnyPhaseChangesNoByte(Phase phase, Victim victim) throws Exception {
    byte[] expected = undisturbed(phase);
    assertThat(disturbed(phase, victim)).isEqualTo(expected);
  }

  static Stream<Arguments> everything() {
    return Arrays.stream(Phase.values())
        .flatMap(
            phase -> Arrays.stream(Victim.values()).map(victim -> Arguments.of(phase, victim)));
  }

  private byte[] disturbed(Phase phase, Victim victim) throws Exception {
    JavaSparkContext spark = spark(phase.run());
    ClusterDriver.Job job = job(phase + "-" + victim, phase, phase == Phase.COMMIT);
    if (victim == Victim.DRIVER) {
      ClusterDriver.runAndKill(driverConf(job), job);
      assertThat(Path.of(job.output()).resolve(PruningReport.FILE)).doesNotExist();
      return prune(spark, job, Progress.silent());
    }
    AtomicBoolean killed = new AtomicBoolean();
    Progress progress =
        phase.progress(
            () -> {
              kill(victim);
              killed.set(true);
            });
    byte[] weights = prune(spark, job, progress);
    assertThat(killed).isTrue();
    return weights;
  }

  private SparkConf driverConf(ClusterDriver.Job job) {
    return conf(job.phase().run())
        .set("spark.hadoop.fs.remote.impl", CutOffFileSystem.class.getName())
        .set("spark.hadoop." + CutOffFileSystem.FILE, RunDirectory.manifest(2))
        .set("spark.hadoop." + CutOffFileSystem.MARKER, job.marker());
  }

  private void kill(Victim victim) {
    if (victim == Victim.EXECUTOR) {
      cluster.killExecutorsOf(0);
      return;
    }
    try {
      cluster.killAndReplace(0);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * A job with folders of its own, also where both tests have its case; the run directory is
   * reached through Hadoop where asked for.
   */
  private ClusterDriver.Job job(String name, Phase phase, boolean remote) throws IOException {
    Path folder = Files.createTempDirectory(temp, name).toRealPath();
    Path run = folder.resolve("run");
    return new ClusterDriver.Job(
        model.folder().toString(),
        model.tokens().toString(),
        folder.resolve("pruned").toString(),
        remote ? RemoteFileSystem.uri(run) : run.toString(),
        phase,
        folder.resolve("marker").toString());
  }

  private static byte[] prune(JavaSparkContext spark, ClusterDriver.Job job, Progress progress)
      throws IOException {
    new SurgeonPipeline(spark, progress).prune(job.request());
    return Files.readAllBytes(Path.of(job.output()).resolve("model.safetensors"));
  }
}
