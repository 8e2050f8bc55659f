package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

class ResumeTest {
  private static final Recipe RECIPE = Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "shards", 4));
  private static JavaSparkContext spark;

  @TempDir Path temp;
  private TestModel model;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void makeModel() throws Exception {
    model = TestModel.llama(temp, DataType.F32);
  }

  /** Stops a run after some tasks of some stage. */
  private static final class Interruption extends RecordingProgress {
    private final String stage;
    private final int tasks;
    private int seen = -1;

    Interruption(String stage, int tasks) {
      this.stage = stage;
      this.tasks = tasks;
    }

    @Override
    public void stageStarted(int shot, String name, int count) {
      super.stageStarted(shot, name, count);
      seen = (shot + " " + name).equals(stage) ? 0 : -1;
      check();
    }

    @Override
    public void taskFinished() {
      super.taskFinished();
      seen += seen >= 0 ? 1 : 0;
      check();
    }

    private void check() {
      if (seen == tasks) {
        throw new IllegalStateException("power cut");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1 accumulate, 2, 0",
    "1 score, 3, 0",
    "2 reduce, 3, 1",
    "2 cut, 5, 1",
    "2 evaluate, 0, 2",
    "0 write, 0, 2"
  })
  void aRunThatWasCutOffGoesOnAndWritesTheSameBytes(String stage, int tasks, int resumedFrom)
      throws Exception {
    Path output = temp.resolve("cut-off");
    assertThatThrownBy(() -> prune(output, RECIPE, false, new Interruption(stage, tasks)))
        .hasMessage("power cut");
    assertThat(output.resolve("config.json")).doesNotExist();

    RecordingProgress second = new RecordingProgress();
    PruningReport report = prune(output, RECIPE, false, second);
    PruningReport whole = prune(temp.resolve("whole"), RECIPE, false, Progress.silent());

    assertThat(report.notes().resumedFromShot()).isEqualTo(resumedFrom);
    assertThat(whole.notes().resumedFromShot()).isZero();
    assertThat(weights(output)).isEqualTo(weights(temp.resolve("whole")));
    assertThat(report.shots())
        .extracting(shot -> shot.loss().perplexity())
        .isEqualTo(whole.shots().stream().map(shot -> shot.loss().perplexity()).toList());
    assertThat(output.resolve(".surgeon-run")).doesNotExist();
  }

  @Test
  void finishedTasksAreNotDoneAgain() {
    Path output = temp.resolve("out");
    assertThatThrownBy(() -> prune(output, RECIPE, false, new Interruption("1 accumulate", 3)))
        .hasMessage("power cut");

    RecordingProgress second = new RecordingProgress();
    prune(output, RECIPE, false, second);

    // Three of four were told of; the fourth may have been running.
    assertThat(second.events())
        .containsAnyOf("stage 1 accumulate 1", "stage 1 accumulate 0")
        .noneMatch(event -> event.startsWith("stage 0 tokenise"));
  }

  @Test
  void aRecordThatIsCutShortIsDoneAgain() throws Exception {
    Path output = temp.resolve("out");
    assertThatThrownBy(() -> prune(output, RECIPE, false, new Interruption("2 cut", 2)))
        .hasMessage("power cut");
    Path commit = output.resolve(".surgeon-run/shot-0001/manifest.json");
    Path factors = output.resolve(".surgeon-run/shot-0002/selection.json");
    Files.writeString(factors, Files.readString(factors).substring(0, 40));

    PruningReport report = prune(output, RECIPE, false, Progress.silent());

    assertThat(commit).doesNotExist();
    assertThat(report.notes().resumedFromShot()).isEqualTo(1);
    prune(temp.resolve("whole"), RECIPE, false, Progress.silent());
    assertThat(weights(output)).isEqualTo(weights(temp.resolve("whole")));
  }

  @Test
  void damagedWeightsAreNoticed() throws Exception {
    Path output = temp.resolve("out");
    assertThatThrownBy(() -> prune(output, RECIPE, false, new Interruption("2 accumulate", 0)))
        .hasMessage("power cut");
    Path weights = output.resolve(".surgeon-run/shot-0001/weights");
    List<Path> files = new ArrayList<>();
    try (var list = Files.list(weights)) {
      list.filter(each -> each.toString().endsWith(".safetensors")).forEach(files::add);
    }
    byte[] bytes = Files.readAllBytes(files.get(0));
    bytes[bytes.length - 1] ^= 1;
    Files.write(files.get(0), bytes);

    assertThatThrownBy(() -> prune(output, RECIPE, false, Progress.silent()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(files.get(0).getFileName().toString())
        .hasMessageContaining("not as it was written");
  }

  @Test
  void aFinishedOutputIsNotDoneAgain() {
    Path output = temp.resolve("out");
    PruningReport first = prune(output, RECIPE, false, Progress.silent());
    RecordingProgress progress = new RecordingProgress();

    PruningReport second = prune(output, RECIPE, false, progress);

    assertThat(second).isEqualTo(first);
    assertThat(progress.events())
        .contains("note " + output + " is finished already")
        .noneMatch(event -> event.contains("accumulate"));
  }

  @Test
  void anotherRecipeOnAFinishedOutputNeedsOverwrite() {
    Path output = temp.resolve("out");
    prune(output, RECIPE, false, Progress.silent());
    Recipe other = with("shots", 1);

    assertThatThrownBy(() -> prune(output, other, false, Progress.silent()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another recipe (shots 2)")
        .hasMessageContaining("--overwrite");
    PruningReport replaced = prune(output, other, true, Progress.silent());

    assertThat(replaced.shots()).hasSize(1);
    assertThat(replaced).isEqualTo(prune(output, other, false, Progress.silent()));
  }

  @Test
  void anotherRecipeOnAnUnfinishedRunNeedsOverwrite() throws Exception {
    Path output = temp.resolve("out");
    assertThatThrownBy(() -> prune(output, RECIPE, false, new Interruption("2 score", 0)))
        .hasMessage("power cut");
    Recipe other = with("damp-g", 0.1);

    assertThatThrownBy(() -> prune(output, other, false, Progress.silent()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another recipe (damp-g 0.01)")
        .hasMessageContaining("--overwrite");
    prune(output, other, true, Progress.silent());
    prune(temp.resolve("whole"), other, false, Progress.silent());

    assertThat(weights(output)).isEqualTo(weights(temp.resolve("whole")));
  }

  @Test
  void anotherTextOnAnUnfinishedRunIsRefused() throws Exception {
    Path output = temp.resolve("out");
    assertThatThrownBy(() -> prune(output, RECIPE, false, new Interruption("1 score", 0)))
        .hasMessage("power cut");
    TestModel other = TestModel.llama(Files.createDirectory(temp.resolve("other")), DataType.F32);
    byte[] tokens = Files.readAllBytes(other.tokens());
    // A token of the calibration windows, which come first after the header.
    int first = tokens.length - (12 + 10) * 10 * Integer.BYTES;
    tokens[first] = (byte) (tokens[first] == 1 ? 2 : 1);
    Files.write(model.tokens(), tokens);

    assertThatThrownBy(() -> prune(output, RECIPE, false, Progress.silent()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another calibration text");
  }

  @Test
  void aRunGoesOnWithAModelThatWasMoved() throws Exception {
    Path output = temp.resolve("out");
    assertThatThrownBy(() -> prune(output, RECIPE, false, new Interruption("2 score", 0)))
        .hasMessage("power cut");
    Path moved = Files.move(model.folder(), temp.resolve("moved"));
    model = new TestModel(moved, model.tokens(), model.config());

    PruningReport report = prune(output, RECIPE, false, Progress.silent());

    assertThat(report.notes().resumedFromShot()).isEqualTo(1);
    assertThat(report.setup().inputs().model().path()).isEqualTo(moved.toRealPath().toString());
  }

  private static Recipe with(String option, Object value) {
    Map<String, Object> options = new HashMap<>(RECIPE.options());
    options.put(option, value);
    return Recipe.of(options);
  }

  private PruningReport prune(Path output, Recipe recipe, boolean overwrite, Progress progress) {
    PruneRequest request = model.request(output, recipe);
    return new SurgeonPipeline(spark, progress)
        .prune(
            new PruneRequest(
                request.model(),
                request.calibration(),
                request.test(),
                request.output(),
                null,
                overwrite,
                recipe));
  }

  private static byte[] weights(Path output) throws Exception {
    return Files.readAllBytes(output.resolve("model.safetensors"));
  }
}
