package org.llmsurgeon.pipeline.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.Phase;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunLease;
import org.llmsurgeon.surgery.recipe.Recipe;

class RunCleanerTest {
  private static final Recipe RECIPE = Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "shards", 4));
  private static JavaSparkContext spark;

  @TempDir Path temp;
  private Path run;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @Test
  void onlyWhatNoRecordNamesGoesAndTheRunGoesOn() throws IOException {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Progress powerCut =
        Phase.COMMIT.progress(
            () -> {
              throw new IllegalStateException("power cut");
            });
    run = temp.resolve("stopped/.surgeon-run");
    assertThatThrownBy(() -> prune(model, "stopped", powerCut)).hasMessage("power cut");
    assertThat(clean(run).removed()).as("no task was under way").isEmpty();
    List<Path> before = files();
    leave("windows/calibration-dead.arrow", "12");
    leave("shot-0002/shards/shard-00001-pass-000-7-dead.f32", "12345");
    leave("shot-0002/weights/dead.safetensors", "123");
    leave("shot-0002/weights/dead.json", "{\"layer\": \"de");

    CleanedRun cleaned = clean(run);

    assertThat(cleaned.removed())
        .containsExactly(
            "shot-0002/shards/shard-00001-pass-000-7-dead.f32",
            "shot-0002/weights/dead.json",
            "shot-0002/weights/dead.safetensors",
            "windows/calibration-dead.arrow");
    assertThat(cleaned.bytes()).isEqualTo(2 + 5 + 3 + 13);
    assertThat(files()).isEqualTo(before);

    assertThat(prune(model, "stopped", Progress.silent()).notes().resumedFromShot()).isEqualTo(1);
    prune(model, "whole", Progress.silent());
    assertThat(weights("stopped")).isEqualTo(weights("whole"));
  }

  /** A power cut while the finished model is written: what is in its place already stays. */
  @Test
  void aModelThatDidNotComeToItsPlaceGoesToo() throws IOException {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Progress powerCut =
        Phase.WRITE.progress(
            () -> {
              throw new IllegalStateException("power cut");
            });
    assertThatThrownBy(() -> prune(model, "stopped", powerCut)).hasMessage("power cut");
    Path output = temp.resolve("stopped").toRealPath();
    run = output.resolve(".surgeon-run");
    Path staged;
    try (Stream<Path> entries = Files.list(output)) {
      staged =
          entries
              .filter(entry -> entry.getFileName().toString().startsWith(".surgeon-output-"))
              .findFirst()
              .orElseThrow();
    }
    Path others = Files.createDirectory(output.resolve(".surgeon-output-of-another-run"));
    Path committed = Files.writeString(output.resolve("config.json"), "{}");
    List<Path> before = files();

    CleanedRun cleaned = clean(run);

    assertThat(cleaned.removed())
        .contains(staged.resolve("model.safetensors").toString())
        .allMatch(file -> file.startsWith(staged.toString()));
    assertThat(cleaned.bytes()).isGreaterThan(1000);
    assertThat(staged).doesNotExist();
    assertThat(others).exists();
    assertThat(committed).hasContent("{}");
    assertThat(files()).isEqualTo(before);
    assertThat(clean(run).removed()).isEmpty();

    Files.delete(committed);
    assertThat(prune(model, "stopped", Progress.silent()).notes().resumedFromShot()).isEqualTo(2);
    prune(model, "whole", Progress.silent());
    assertThat(weights("stopped")).isEqualTo(weights("whole"));
  }

  @Test
  void aRunThatIsAliveIsLeftAlone() throws IOException {
    run = temp.resolve("run");
    leave("windows/calibration-dead.arrow", "12");
    RunDirectory directory =
        new RunDirectory(
            new HadoopStorage(spark.hadoopConfiguration()), run.toRealPath().toString());
    try (RunLease alive = RunLease.acquire(directory, RunLease.Rhythm.DEFAULT, Progress.silent())) {
      assertThatThrownBy(() -> clean(run))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("Another process works in");
      alive.check();
    }
    assertThat(run.resolve("windows/calibration-dead.arrow")).exists();
  }

  @Test
  void aFolderOfSomeoneElseIsRefused() throws IOException {
    Path empty = Files.createDirectory(temp.resolve("empty"));
    assertThatThrownBy(() -> clean(empty)).hasMessageContaining("is no run directory");
    assertThatThrownBy(() -> clean(temp.resolve("nowhere")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is no run directory");
    Path mine = Files.writeString(empty.resolve("thesis.txt"), "mine");
    assertThatThrownBy(() -> clean(empty))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is no run directory");
    assertThat(mine).exists();
  }

  private CleanedRun clean(Path directory) {
    return new SurgeonPipeline(spark, Progress.silent()).clean(directory.toString());
  }

  private PruningReport prune(TestModel model, String output, Progress progress) {
    return new SurgeonPipeline(spark, progress).prune(model.request(temp.resolve(output), RECIPE));
  }

  private void leave(String file, String content) throws IOException {
    Path path = run.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }

  /** All files of the run but those of its lease. */
  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(run)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !file.startsWith(run.resolve(RunLease.FOLDER)))
          .sorted()
          .toList();
    }
  }

  private byte[] weights(String output) throws IOException {
    return Files.readAllBytes(temp.resolve(output).resolve("model.safetensors"));
  }
}
