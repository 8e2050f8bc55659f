package org.llmsurgeon.pipeline.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What is refused, fails, is stopped and goes on. */
class ComparisonStopTest extends ComparisonCase {
  /** Stops a comparison when its run of this number begins. */
  private static final class Stop extends RecordingProgress {
    private final String run;

    Stop(int run) {
      this.run = "run " + run + " ";
    }

    @Override
    public void note(String line) {
      super.note(line);
      if (line.startsWith(run) && line.endsWith("begins")) {
        throw new IllegalStateException("stopped");
      }
    }
  }

  @Test
  void whatIsWrongForAllRunsIsRefusedBeforeAnythingRuns() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> elements = Map.of("structures", "element");
    refused(
        request(model, List.of("wanda"), List.of(0.5), Map.of("structures", "row")),
        "--structures element");
    Map<String, Object> units = Map.of("structures", "units", "curvature", "ekfac");
    refused(
        request(model, List.of("surgeon"), List.of(0.5), units),
        "--curvature ekfac has no joint costs");
    refused(request(model, List.of("guess"), List.of(0.5), Map.of()), "guess");
    refused(request(model, ALL, List.of(0.5, 1.5), elements), "--sparsity is 1.5");
    refused(
        request(model, ALL, List.of(0.5), Map.of("structures", "element", "include", "nothing")),
        "--include 'nothing' names none");
    CompareRequest.Runs misspelt =
        new CompareRequest.Runs(
            List.of("surgeon"),
            List.of(0.5),
            elements,
            Map.of("update", List.of("joint", "jiont")));
    refused(request(model, misspelt, false), "jiont");
    refused(
        new CompareRequest(
            model.folder().toString(),
            List.of("missing.txt"),
            List.of("missing.txt"),
            output().toString(),
            false,
            new CompareRequest.Runs(ALL, List.of(0.5), elements)),
        "missing.txt");
    assertThat(output()).doesNotExist();
  }

  /** Of a model that is half gone, the runs to less are refused and the others done. */
  @Test
  void aTargetThatThePrunedModelHasPassedIsRefused() throws Exception {
    TestModel dense = TestModel.llama(temp, DataType.F32);
    Map<String, Object> elements = Map.of("structures", "element", "shots", 1);
    Map<String, Object> half = new HashMap<>(elements);
    half.put("sparsity", 0.5);
    Path pruned = temp.resolve("pruned");
    pipeline().prune(dense.request(pruned, Recipe.of(half)));
    TestModel model = new TestModel(pruned, dense.tokens(), dense.config());

    refused(
        request(model, List.of("surgeon", "magnitude"), List.of(0.3), elements),
        "gone already, in the sense of --structures element, and --sparsity 0.3 asks for no more");
    List<ComparedRun> runs =
        pipeline().compare(request(model, List.of("surgeon"), List.of(0.3, 0.6), elements));
    assertThat(runs.get(1).failure().input()).isTrue();
    assertThat(runs.get(1).failure().reason()).contains("gone already");
    assertThat(runs.get(2).failure()).isNull();
    assertThat(runs.get(2).outcome().removed()).isBetween(0.55, 0.6);
  }

  @Test
  void aRunThatFailsSaysWhyAndTheOthersAreDone() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("sparsegpt", "surgeon"),
            List.of(0.3),
            Map.of("structures", "units", "shots", 1),
            Map.of("curvature", List.of("ekfac", "kfac")));
    List<ComparedRun> runs = pipeline().compare(request(model, wanted, false));

    assertThat(runs).hasSize(4);
    assertThat(runs.get(1).failure().reason()).contains("--structures element");
    assertThat(runs.get(2).failure().reason()).contains("ekfac has no joint costs");
    assertThat(runs.get(2).outcome().perplexity()).isNull();
    assertThat(runs.get(3).failure()).isNull();
    assertThat(runs.get(3).outcome().perplexity()).isFinite();
    assertThat(Files.readAllLines(output().resolve("compare.csv"))).hasSize(5);
    assertThat(Files.readString(output().resolve("compare.json"))).contains("ekfac has no joint");
  }

  @Test
  void runsThatAreDoneBeforeAStopAreKeptAndNotDoneAgain() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> options = Map.of("structures", "element", "shots", 1);
    CompareRequest request =
        request(model, List.of("magnitude", "wanda", "k-obd"), List.of(0.5), options);
    assertThatThrownBy(() -> new SurgeonPipeline(spark, new Stop(3)).compare(request))
        .hasMessage("stopped");
    List<String> before = Files.readAllLines(output().resolve("compare.csv"));
    assertThat(before).hasSize(4);
    assertThat(before.get(2)).startsWith("magnitude,identity,none,0.5,1,global,none,");
    assertThat(output().resolve(".surgeon-compare")).doesNotExist();

    RecordingProgress progress = new RecordingProgress();
    List<ComparedRun> runs = new SurgeonPipeline(spark, progress).compare(request);
    assertThat(runs)
        .extracting(run -> run.way().method())
        .containsExactly("dense", "magnitude", "wanda", "k-obd");
    // What was done is there with its times
    assertThat(Files.readAllLines(output().resolve("compare.csv")))
        .startsWith(before.toArray(String[]::new));
    assertThat(progress.events())
        .contains("note 2 of 3 runs are done already and are taken over")
        .filteredOn(event -> event.endsWith("begins"))
        .hasSize(1);

    RecordingProgress again = new RecordingProgress();
    assertThat(new SurgeonPipeline(spark, again).compare(request)).isEqualTo(runs);
    assertThat(again.events()).noneMatch(event -> event.contains("begins"));
  }

  @Test
  void runsWithOtherInputsAreRefusedUnlessTheyMayBeOverwritten() throws Exception {
    TestModel llama = TestModel.llama(temp, DataType.F32);
    TestModel opt = TestModel.opt(temp, DataType.F32);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("magnitude"), List.of(0.5), Map.of("structures", "element", "shots", 1));
    List<ComparedRun> first = pipeline().compare(request(llama, wanted, false));
    refused(request(opt, wanted, false), "another model; give --overwrite");
    assertThat(pipeline().compare(request(llama, wanted, false))).isEqualTo(first);

    List<ComparedRun> other = pipeline().compare(request(opt, wanted, true));
    assertThat(other.get(1).outcome().perplexity())
        .isNotEqualTo(first.get(1).outcome().perplexity());
    // A text that is too short is found out late; nothing is lost by it
    String shorter = Files.writeString(temp.resolve("short.txt"), "a").toString();
    CompareRequest late =
        new CompareRequest(
            opt.folder().toString(),
            List.of(shorter),
            List.of(shorter),
            output().toString(),
            true,
            wanted);
    assertThatThrownBy(() -> pipeline().compare(late)).isInstanceOf(InputException.class);
    assertThat(pipeline().compare(request(opt, wanted, false))).isEqualTo(other);
    Files.delete(output().resolve("compare-runs/inputs.json"));
    refused(request(opt, wanted, false), "exists, without the runs that it is made of");
  }
}
