package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

class BadInputTest {
  private static final Recipe RECIPE = Recipe.of(Map.of("sparsity", 0.3, "shots", 1));
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

  private static AbstractThrowableAssert<?, ?> assertRefused(ThrowingCallable work) {
    return assertThatThrownBy(work).isInstanceOf(InputException.class);
  }

  private PruningReport prune(PruneRequest request) {
    return new SurgeonPipeline(spark, Progress.silent()).prune(request);
  }

  private PruneRequest request(String folder, String tokens, Path output) {
    return new PruneRequest(
        folder, List.of(tokens), List.of(), output.toString(), null, false, RECIPE);
  }

  @Test
  void aModelThatIsNotThereIsNamed() {
    String missing = temp.resolve("nowhere").toString();
    assertRefused(() -> prune(request(missing, model.tokens().toString(), temp.resolve("o"))))
        .hasMessageContaining(missing);
    assertThat(temp.resolve("o")).doesNotExist();
  }

  @Test
  void aTextThatIsNotThereIsNamed() {
    String missing = temp.resolve("no.safetensors").toString();
    assertRefused(() -> prune(request(model.folder().toString(), missing, temp.resolve("o"))))
        .hasMessageContaining(missing);
  }

  @Test
  void noCalibrationTextIsRefused() {
    PruneRequest nothing =
        new PruneRequest(
            model.folder().toString(),
            List.of(),
            List.of(),
            temp.resolve("o").toString(),
            null,
            false,
            RECIPE);
    assertRefused(() -> prune(nothing)).hasMessageContaining("--calibration");
  }

  @Test
  void anOutputInsideTheModelIsRefused() {
    assertRefused(() -> prune(model.request(model.folder(), RECIPE)))
        .hasMessageContaining("lies in the model folder");
    assertRefused(() -> prune(model.request(model.folder().resolve("pruned"), RECIPE)))
        .hasMessageContaining("lies in the model folder");
  }

  @Test
  void anOutputWithOtherFilesNeedsOverwriteAndKeepsThem() throws Exception {
    Path output = Files.createDirectory(temp.resolve("mine"));
    Files.writeString(output.resolve("thesis.txt"), "years of work");
    Files.writeString(output.resolve("model-00001-of-00002.safetensors"), "of another model");

    assertRefused(() -> prune(model.request(output, RECIPE)))
        .hasMessageContaining(output.toString())
        .hasMessageContaining("--overwrite");
    PruneRequest request = model.request(output, RECIPE);
    prune(
        new PruneRequest(
            request.model(),
            request.calibration(),
            List.of(),
            request.output(),
            null,
            true,
            RECIPE));

    assertThat(output.resolve("thesis.txt")).hasContent("years of work");
    assertThat(output.resolve("model-00001-of-00002.safetensors")).doesNotExist();
    assertThat(output.resolve("model.safetensors")).exists();
  }

  @Test
  void aWeightThatIsNotANumberIsNamed() throws Exception {
    Path weights = model.folder().resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, Float.NaN);
    Files.write(weights, bytes);

    assertRefused(() -> prune(model.request(temp.resolve("o"), RECIPE)))
        .hasMessageContaining("model.safetensors")
        .hasMessageContaining("NaN");
  }

  @Test
  void aTokenBeyondTheVocabularyIsNamed() throws Exception {
    byte[] bytes = Files.readAllBytes(model.tokens());
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 4, 4711);
    Files.write(model.tokens(), bytes);

    assertRefused(() -> prune(model.request(temp.resolve("o"), RECIPE)))
        .hasMessageContaining("4711")
        .hasMessageContaining(model.tokens().toString());
  }

  @Test
  void aRefusalBeforeTheFirstShotIsCommittedLeavesNoRunDirectory() throws Exception {
    byte[] bytes = Files.readAllBytes(model.tokens());
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 4, 4711);
    Files.write(model.tokens(), bytes);

    assertRefused(() -> prune(model.request(temp.resolve("o"), RECIPE)))
        .hasMessageContaining("4711");
    assertThat(temp.resolve("o/.surgeon-run")).doesNotExist();
  }

  @Test
  void anOutputAtOrBelowAFileIsRefused() throws Exception {
    Path file = Files.writeString(temp.resolve("notes.txt"), "notes");
    assertRefused(() -> prune(model.request(file, RECIPE))).hasMessageContaining("is a file");
    assertRefused(() -> prune(model.request(file.resolve("a/b"), RECIPE)))
        .hasMessageContaining("below the file " + file.toRealPath());
    assertThat(file).hasContent("notes");
  }

  @Test
  void moreThanCanBePrunedIsRefusedWithTheMost() {
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.99, "target-of", "parameters"));
    assertRefused(() -> prune(model.request(temp.resolve("o"), recipe)))
        .hasMessageContaining("parameters")
        .hasMessageContaining("give less than that");
    assertThat(temp.resolve("o/.surgeon-run")).doesNotExist();
  }

  @Test
  void aFormThatDoesNotFitIsRefusedBeforeTheWork() throws Exception {
    assertForm(model, Map.of("sparsity", 0.2), Route.UNIFORM, "give --one-width");
    assertForm(
        model,
        Map.of("sparsity", 0.5, "structures", "2:4"),
        Route.PER_LAYER,
        "--structures 2:4 prunes single weights; choose the form zeros");
    TestModel opt = TestModel.opt(temp, DataType.F32);
    assertForm(opt, Map.of("sparsity", 0.2), Route.NEMOTRON_NAS, "choose the form per-layer");
  }

  private void assertForm(TestModel of, Map<String, Object> recipe, Route route, String message) {
    PruneRequest zeros = of.request(temp.resolve("o"), Recipe.of(recipe));
    PruneRequest request =
        new PruneRequest(
            zeros.model(),
            zeros.calibration(),
            zeros.test(),
            zeros.output(),
            zeros.run(),
            zeros.overwrite(),
            zeros.recipe(),
            route);
    assertRefused(() -> prune(request)).hasMessageContaining(message);
    assertThat(temp.resolve("o")).doesNotExist();
  }

  @Test
  void aBrokenConfigurationIsOneSentence() throws Exception {
    Files.writeString(model.folder().resolve("config.json"), "{\"a\": 1");
    assertRefused(() -> prune(model.request(temp.resolve("o"), RECIPE)))
        .hasMessageContaining("config.json is not valid JSON")
        .hasMessageNotContaining("Source");
  }

  private PruneRequest withRun(Path run) {
    PruneRequest request = model.request(temp.resolve("o"), RECIPE);
    return new PruneRequest(
        request.model(),
        request.calibration(),
        List.of(),
        request.output(),
        run.toString(),
        true,
        RECIPE);
  }

  @Test
  void aRunDirectoryThatCannotBeMadeIsNamed() throws Exception {
    Path run = Files.writeString(temp.resolve("file"), "not a folder").resolve("run");
    assertRefused(() -> prune(withRun(run))).hasMessageContaining(run.toString());
  }

  @Test
  void aRunDirectoryWithOtherFilesIsRefusedAndTheyStay() throws Exception {
    Path run = Files.createDirectory(temp.resolve("home"));
    Files.writeString(run.resolve("thesis.txt"), "years of work");

    assertRefused(() -> prune(withRun(run))).hasMessageContaining("thesis.txt");
    assertThat(run.resolve("thesis.txt")).hasContent("years of work");
  }

  @Test
  void aRunDirectoryThatIsTheOutputOrInTheModelIsRefused() {
    assertRefused(() -> prune(withRun(temp.resolve("o")))).hasMessageContaining("run directory");
    assertRefused(() -> prune(withRun(model.folder().resolve("run"))))
        .hasMessageContaining("run directory");
  }

  @Test
  void aRunDirectoryThatWasAskedForStays() {
    Path run = temp.resolve("o/kept");
    PruningReport first = prune(withRun(run));

    assertThat(run.resolve("shot-0001/manifest.json")).exists();
    assertThat(prune(withRun(run)).layers()).isEqualTo(first.layers());
  }

  @Test
  void aFileSystemThatIsNotKnownIsNamed() {
    assertRefused(() -> prune(request("gopher://host/model", model.tokens().toString(), temp)))
        .hasMessageContaining("gopher://host/model");
  }

  @Test
  void textNeedsATokenizer() throws Exception {
    Path text = Files.writeString(temp.resolve("text.txt"), "Once upon a time.");
    assertRefused(
            () -> prune(request(model.folder().toString(), text.toString(), temp.resolve("o"))))
        .hasMessageContaining("tokenizer.json");
  }

  @Test
  void evaluationNeedsAText() {
    assertRefused(
            () ->
                new SurgeonPipeline(spark, Progress.silent())
                    .evaluate(model.folder().toString(), List.of(), null))
        .hasMessageContaining("--test");
  }
}
