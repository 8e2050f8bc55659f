package org.llmsurgeon.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.Removal;

class RunWarningsTest {
  private static final Recipe LINES = recipe(Map.of("structures", "row,column"));

  private static Recipe recipe(Map<String, ?> options) {
    return Recipe.of(options);
  }

  /** Of layers of 1,000 weights, 200 of which are in rows and columns that had gone. */
  private static ShotManifest shot(long... zeros) {
    List<LayerFile> layers =
        Stream.iterate(0, i -> i + 1)
            .limit(zeros.length)
            .map(i -> new LayerReport.Weights(300, 200, 200 + zeros[i], 1000))
            .map(
                weights ->
                    new LayerReport(
                        "layer",
                        new LayerReport.Lines(10, 0, 100, 0),
                        weights,
                        new Damping(0, 0),
                        0,
                        List.of(),
                        null))
            .map(report -> new LayerFile("layer", "layer", 1, 1, report))
            .toList();
    return new ShotManifest(
        1,
        new Removal(0.3, 1, 300L * zeros.length, 1000L * zeros.length),
        layers,
        new StageSeconds(0, 0, 0, 0, 0, 0),
        AfterCut.NOTHING);
  }

  @Test
  void zerosThatStayAreTold() {
    assertThat(RunWarnings.kept(shot(400, 0), LINES))
        .hasValue(
            "400 weights outside rows and columns of zeros were 0 already (20.00 %); they stay 0,"
                + " and do not count in the sparsity.");
  }

  @Test
  void scatteredZerosDoNotStayAndAreNotTold() {
    assertThat(RunWarnings.kept(shot(100, 60), LINES)).isEmpty();
    assertThat(RunWarnings.kept(shot(101, 60), LINES).orElseThrow()).startsWith("101 weights");
  }

  /** Nobody counts the lines of such a layer, so its zeros are no pattern either. */
  @Test
  void ofALayerThatMayNotBeTouchedNothingIsTold() {
    Map<String, Object> options = Map.of("structures", "row,column", "exclude", List.of("layer"));
    assertThat(RunWarnings.kept(shot(400), recipe(options))).isEmpty();
  }

  @Test
  void whereSingleWeightsGoAllZerosCount() {
    assertThat(RunWarnings.kept(shot(400), recipe(Map.of("structures", "element")))).isEmpty();
  }
}
