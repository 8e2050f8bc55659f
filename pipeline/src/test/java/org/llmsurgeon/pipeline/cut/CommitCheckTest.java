package org.llmsurgeon.pipeline.cut;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.LayerSelection;
import org.llmsurgeon.surgery.shot.Removal;
import org.llmsurgeon.surgery.shot.ShotChoice;

/** Every reason not to commit a shot, and shots that are committed. */
class CommitCheckTest {
  private static final ModelConfig CONFIG = TinyModels.llama();
  private static final LinearShape FIRST = CONFIG.linears().get(0);
  private static final long TOTAL = CONFIG.linears().stream().mapToLong(LinearShape::weights).sum();

  @TempDir private Path folder;
  private RunDirectory run;

  @BeforeEach
  void open() {
    run = new RunDirectory(new HadoopStorage(new Configuration()), folder.resolve("r").toString());
  }

  /** A shot that takes rows of the first layer and nothing else. */
  private record Cut(int shot, double target, int... rows) {
    long removed() {
      return (long) rows.length * FIRST.augmentedInputs();
    }

    ShotManifest manifest() {
      List<LayerFile> files = new ArrayList<>();
      for (LinearShape layer : CONFIG.linears()) {
        files.add(file(layer, layer.equals(FIRST) ? removed() : 0, 0));
      }
      return manifest(removed(), files);
    }

    ShotManifest manifest(long told, List<LayerFile> files) {
      StageSeconds seconds = new StageSeconds(0, 0, 0, 0, 0, 0);
      return new ShotManifest(
          shot, new Removal(target, 1, told, TOTAL), files, seconds, AfterCut.NOTHING);
    }

    ShotChoice selection() {
      List<LayerSelection> layers = new ArrayList<>();
      for (int i = 0; i < CONFIG.linears().size(); i++) {
        int[] own = i == 0 ? rows : new int[0];
        layers.add(LayerSelection.of(i, new Selection(own, new int[0])));
      }
      return new ShotChoice(
          new Removal(target, 1, removed(), TOTAL),
          ShotChoice.Prediction.NONE,
          0,
          layers,
          0,
          List.of(),
          Map.of());
    }

    private static LayerFile file(LinearShape layer, long removed, long before) {
      LayerReport cut =
          new LayerReport(
              layer.name(),
              new LayerReport.Lines(layer.outputs(), 0, layer.augmentedInputs(), 0),
              new LayerReport.Weights(removed, before, before, layer.weights()),
              new Damping(0, 0),
              0,
              List.of(),
              null);
      return new LayerFile(layer.name(), layer.name(), 1, 1, cut);
    }
  }

  private void check(ShotManifest shot, ShotChoice selection) {
    check(Map.of(), shot, selection);
  }

  private void check(Map<String, Object> more, ShotManifest shot, ShotChoice selection) {
    Map<String, Object> options = new HashMap<>(more);
    options.put("structures", "row,column");
    options.put("sparsity", 0.5);
    new CommitCheck(run, CONFIG, Recipe.of(options)).check(shot, selection);
  }

  private void refused(ShotManifest shot, ShotChoice selection, String message) {
    assertThatExceptionOfType(RunFailedException.class)
        .isThrownBy(() -> check(shot, selection))
        .withMessage(message);
  }

  private void refused(Map<String, Object> more, Cut cut, String message) {
    assertThatExceptionOfType(RunFailedException.class)
        .isThrownBy(() -> check(more, cut.manifest(), cut.selection()))
        .withMessage(message);
  }

  private void commit(Cut cut) {
    run.commit(ShotStage.SCORE.record(cut.shot()), cut.selection());
    run.commit(RunDirectory.manifest(cut.shot()), cut.manifest());
  }

  @Test
  void whatHoldsIsCommitted() {
    Cut one = new Cut(1, 0.5, 1);
    check(one.manifest(), one.selection());
    commit(one);
    Cut two = new Cut(2, 0.5, 0, 1, 3);
    check(two.manifest(), two.selection());
  }

  @Test
  void aLayerIsMissing() {
    Cut cut = new Cut(1, 0.5, 1);
    List<LayerFile> all = cut.manifest().layers();
    refused(
        cut.manifest(cut.removed(), all.subList(0, all.size() - 1)),
        cut.selection(),
        "shot 1 has not all layers.");
  }

  @Test
  void layersAreInAnotherOrder() {
    Cut cut = new Cut(1, 0.5, 1);
    List<LayerFile> files = new ArrayList<>(cut.manifest().layers());
    files.set(1, files.get(2));
    refused(
        cut.manifest(cut.removed(), files),
        cut.selection(),
        "shot 1 lacks layer " + CONFIG.linears().get(1).name() + ".");
  }

  @Test
  void theLayersSumIsNotTheShots() {
    Cut cut = new Cut(1, 0.5, 1);
    refused(
        cut.manifest(cut.removed() + 1, cut.manifest().layers()),
        cut.selection(),
        "shot 1 removed %d, not %d.".formatted(cut.removed(), cut.removed() + 1));
  }

  @Test
  void moreGoesThanTheTarget() {
    double just = (double) FIRST.augmentedInputs() / TOTAL;
    Cut cut = new Cut(1, just, 1);
    assertThatCode(() -> check(cut.manifest(), cut.selection())).doesNotThrowAnyException();
    Cut over = new Cut(1, just, 1, 2);
    refused(
        over.manifest(),
        over.selection(),
        "shot 1 removed %d weights, more than its target.".formatted(over.removed()));
  }

  @Test
  void moreGoesOfALayerThanItMay() {
    double half = 0.5 * FIRST.augmentedInputs() / FIRST.weights();
    refused(
        Map.of("limit", FIRST.name() + "=" + half),
        new Cut(1, 0.5, 1),
        "shot 1 removed %d weights of layer %s, more than may go of it."
            .formatted(FIRST.augmentedInputs(), FIRST.name()));
    refused(
        Map.of("exclude", FIRST.name()),
        new Cut(1, 0.5, 1),
        "shot 1 removed %d weights of layer %s, more than may go of it."
            .formatted(FIRST.augmentedInputs(), FIRST.name()));
  }

  /** Of all weights it would be little. */
  @Test
  void moreGoesOfALayerThanItsOwnTarget() {
    double own = 1.5 * FIRST.augmentedInputs() / FIRST.weights();
    Map<String, Object> alone = Map.of("threshold", "layer");
    Cut one = new Cut(1, own, 1);
    check(alone, one.manifest(), one.selection());
    Cut two = new Cut(1, own, 1, 2);
    refused(
        alone,
        two,
        "shot 1 removed %d weights of %s, more than its target."
            .formatted(two.removed(), FIRST.name()));
  }

  /** What was gone before the run may be more than the target; what the run adds may not. */
  @Test
  void whatWasGoneBeforeIsNoReason() {
    Cut cut = new Cut(1, 0, 1, 2);
    List<LayerFile> files = new ArrayList<>(cut.manifest().layers());
    files.set(0, Cut.file(FIRST, cut.removed(), cut.removed()));
    check(cut.manifest(cut.removed(), files), cut.selection());

    for (long before : new long[] {cut.removed() - 1, cut.removed() + 1}) {
      files.set(0, Cut.file(FIRST, cut.removed(), before));
      refusedAsTooMuch(cut, files);
    }
  }

  private void refusedAsTooMuch(Cut cut, List<LayerFile> files) {
    refused(
        cut.manifest(cut.removed(), files),
        cut.selection(),
        "shot 1 removed %d weights, more than its target.".formatted(cut.removed()));
  }

  @Test
  void aRowComesBack() {
    commit(new Cut(1, 0.5, 1, 2));
    Cut cut = new Cut(2, 0.5, 2, 3);
    refused(
        cut.manifest(),
        cut.selection(),
        "shot 2 brings back what was removed of layer " + FIRST.name() + ".");
  }

  @Test
  void aLayerHasMoreWeightsThanBefore() {
    commit(new Cut(1, 0.5, 1, 2));
    Cut same = new Cut(2, 0.5, 1, 2);
    List<LayerFile> files = new ArrayList<>(same.manifest().layers());
    files.set(0, Cut.file(FIRST, same.removed() - 1, 0));
    refused(
        same.manifest(same.removed() - 1, files),
        same.selection(),
        "shot 2 has more weights in layer " + FIRST.name() + " than the one before.");
  }
}
