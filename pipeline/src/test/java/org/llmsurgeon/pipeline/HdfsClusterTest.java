package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunLease;

/** Runs whose files all lie on a real HDFS. */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HdfsClusterTest {
  private Path temp;
  private MiniDFSCluster hdfs;
  private FileSystem files;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    temp = folder.toRealPath();
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, temp.resolve("hdfs").toString());
    hdfs = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    hdfs.waitActive();
    files = hdfs.getFileSystem();
  }

  @AfterAll
  void stop() {
    if (hdfs != null) {
      hdfs.shutdown();
    }
  }

  @Test
  void aRunOnHdfsWritesTheBytesOfOneOnTheLocalDisk() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.BF16);
    put(model.folder());
    put(model.tokens());
    List<String> windows = List.of(uri("/" + model.tokens().getFileName()));
    String output = uri("/out/pruned");
    String run = uri("/runs/one");
    PruneRequest remote =
        new PruneRequest(
            uri("/" + model.folder().getFileName()),
            windows,
            windows,
            output,
            run,
            false,
            ClusterDriver.RECIPE);
    Path local = temp.resolve("local");
    try (JavaSparkContext spark = TestSpark.local(2)) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      PruningReport expected = pipeline.prune(model.request(local, ClusterDriver.RECIPE));
      PruningReport report = pipeline.prune(remote);

      assertThat(report.perplexity()).isEqualTo(expected.perplexity());
      assertThat(pipeline.prune(remote).perplexity()).as("finished").isEqualTo(report.perplexity());
    }
    assertThat(bytes(output + "/model.safetensors"))
        .isEqualTo(Files.readAllBytes(local.resolve("model.safetensors")));
    assertThat(bytes(output + "/config.json"))
        .isEqualTo(Files.readAllBytes(model.folder().resolve("config.json")));
    assertThat(files.exists(new org.apache.hadoop.fs.Path(run, RunDirectory.manifest(2)))).isTrue();
  }

  @Test
  void anExportOnHdfsWritesTheBytesOfOneOnTheLocalDisk() throws Exception {
    HadoopStorage storage = new HadoopStorage(files.getConf());
    try (JavaSparkContext spark = TestSpark.local(2)) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      RemoteExport.writesTheBytesOfOneOnTheLocalDisk(
          pipeline, Files.createDirectories(temp.resolve("exports")), storage, uri("/exports"));
    }
  }

  @Tag("long")
  @Test
  void imagesOnHdfsGiveTheBytesOfThoseOnTheLocalDisk() throws Exception {
    HadoopStorage storage = new HadoopStorage(files.getConf());
    try (JavaSparkContext spark = TestSpark.local(2)) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      RemoteImages.pruneTheBytesOfThoseOnTheLocalDisk(
          pipeline, Files.createDirectories(temp.resolve("seen")), storage, uri("/seen"));
    }
  }

  @Test
  void oneOfTwoClaimsOfALeaseIsRefused() {
    HadoopStorage storage = new HadoopStorage(files.getConf());
    RunDirectory run = new RunDirectory(storage, uri("/runs/claimed"));
    RunLease.Rhythm quick =
        new RunLease.Rhythm(java.time.Duration.ofMillis(50), java.time.Duration.ofSeconds(10));
    try (RunLease first = RunLease.acquire(run, quick, Progress.silent())) {
      first.check();
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> RunLease.acquire(run, quick, Progress.silent())))
          .hasMessageContaining("Another process works in " + run.path());
    }
    RunLease.acquire(run, quick, Progress.silent()).close();
  }

  private String uri(String path) {
    return Storage.child(files.getUri().toString(), path.substring(1));
  }

  private void put(Path local) throws IOException {
    files.copyFromLocalFile(
        new org.apache.hadoop.fs.Path(local.toUri()), new org.apache.hadoop.fs.Path("/"));
  }

  private byte[] bytes(String path) throws IOException {
    try (InputStream in = files.open(new org.apache.hadoop.fs.Path(path))) {
      return in.readAllBytes();
    }
  }
}
