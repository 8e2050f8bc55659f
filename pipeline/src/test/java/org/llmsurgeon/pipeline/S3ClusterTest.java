package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunLease;

/** Runs whose files all lie in an S3 bucket. */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(
    value = "org.llmsurgeon.pipeline.S3Server#isThere",
    disabledReason = "the profile s3 brings server and client")
class S3ClusterTest {
  private Path temp;
  private S3Server server;
  private HadoopStorage storage;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    temp = folder.toRealPath();
    server = S3Server.start(Files.createDirectories(temp.resolve("s3")));
    Configuration configuration = new Configuration();
    server.settings(temp.resolve("buffers")).forEach(configuration::set);
    storage = new HadoopStorage(configuration);
  }

  @AfterAll
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void aRunInABucketWritesTheBytesOfOneOnTheLocalDisk() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.BF16);
    try (Stream<Path> files = Files.list(model.folder())) {
      files.forEach(file -> put(file, "opt/" + file.getFileName()));
    }
    put(model.tokens(), "tokens.safetensors");
    Path local = temp.resolve("local");
    try (JavaSparkContext spark = new JavaSparkContext(conf())) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      PruningReport expected = pipeline.prune(model.request(local, ClusterDriver.RECIPE));
      PruningReport report = pipeline.prune(S3Server.request("opt", "tokens.safetensors"));
      assertThat(report.perplexity()).isEqualTo(expected.perplexity());
    }
    assertThat(storage.readBytes(S3Server.uri("out/pruned/model.safetensors")))
        .isEqualTo(Files.readAllBytes(local.resolve("model.safetensors")));
    assertThat(storage.exists(S3Server.uri("runs/one/" + RunDirectory.manifest(2)))).isTrue();
  }

  @Test
  void anExportInABucketWritesTheBytesOfOneOnTheLocalDisk() throws Exception {
    try (JavaSparkContext spark = new JavaSparkContext(conf())) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      RemoteExport.writesTheBytesOfOneOnTheLocalDisk(
          pipeline,
          Files.createDirectories(temp.resolve("exports")),
          storage,
          S3Server.uri("exports"));
    }
  }

  @Test
  void imagesInABucketGiveTheBytesOfThoseOnTheLocalDisk() throws Exception {
    try (JavaSparkContext spark = new JavaSparkContext(conf())) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      RemoteImages.pruneTheBytesOfThoseOnTheLocalDisk(
          pipeline, Files.createDirectories(temp.resolve("seen")), storage, S3Server.uri("seen"));
    }
  }

  private SparkConf conf() {
    SparkConf conf = TestSpark.conf("local[2]");
    server
        .settings(temp.resolve("buffers"))
        .forEach((key, value) -> conf.set("spark.hadoop." + key, value));
    return conf;
  }

  @Test
  void ofTwoWhoCreateOneFileTheSecondIsRefused() throws IOException {
    String file = S3Server.uri("claims/000001.json");
    OutputStream first = storage.create(file);
    first.write(1);
    OutputStream second = storage.create(file);
    second.write(2);
    first.close();
    assertThatThrownBy(second::close).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> storage.create(file).close()).isInstanceOf(IOException.class);
    assertThat(storage.readBytes(file)).containsExactly(1);
  }

  @Test
  void aRunDirectoryHasOneOwner() {
    RunDirectory run = new RunDirectory(storage, S3Server.uri("runs/claimed"));
    RunLease.Rhythm quick = new RunLease.Rhythm(Duration.ofMillis(100), Duration.ofSeconds(10));
    try (RunLease first = RunLease.acquire(run, quick, Progress.silent())) {
      assertThatThrownBy(() -> RunLease.acquire(run, quick, Progress.silent()))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("Another process works in " + run.path());
      first.check();
    }
    RunLease.acquire(run, quick, Progress.silent()).close();
  }

  private void put(Path file, String key) {
    try (OutputStream out = storage.create(S3Server.uri(key))) {
      Files.copy(file, out);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
