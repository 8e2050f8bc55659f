package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.surgery.local.LocalBaseline;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Wanda and SparseGPT against their authors' programs, run on the same windows: half of the weights
 * of every layer, perplexity; and what this program gives there. All are the README's figures.
 */
@Tag(SharedData.TAG)
class BaselineGoldenTest {
  private static final double TOLERANCE = 5e-3;
  private static final Map<String, Object> HALF =
      Map.of("structures", "element", "sparsity", 0.5, "shots", 1);

  private static String row(GoldenTest.Model which) {
    return which == GoldenTest.Model.STORIES ? "stories260K" : "an OPT of characters";
  }

  private static void assertFigure(GoldenTest.Model which, String column, double perplexity)
      throws IOException {
    double told = ReadmeFigures.of(column, row(which));
    assertThat(perplexity).as(column).isCloseTo(told, within(TOLERANCE * told));
  }

  @ParameterizedTest
  @CsvSource({
    "STORIES, false, 40.75", "STORIES, true, 34.68",
    "OPT_CHAR, false, 4.483", "OPT_CHAR, true, 4.422"
  })
  void blockByBlockTheyGiveThePublishedProgramsPerplexity(
      GoldenTest.Model which, boolean sparseGpt, double published) throws IOException {
    String column = sparseGpt ? "SparseGPT" : "Wanda";
    assertThat(ReadmeFigures.of(column, row(which))).isEqualTo(published);
    try (GoldenCase golden = which.open();
        LocalBaseline baseline =
            new LocalBaseline(golden.device, golden.config, golden.source(), Recipe.of(HALF))) {
      baseline.prune(sparseGpt, golden.calibration);
      assertFigure(which, column, Objective.NEXT_TOKEN.score(baseline.losses(golden.test)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "STORIES, this program, ''",
    "STORIES, with `--threshold layer`, threshold layer",
    "STORIES, magnitude, curvature identity",
    "OPT_CHAR, this program, ''",
    "OPT_CHAR, with `--threshold layer`, threshold layer",
    "OPT_CHAR, magnitude, curvature identity"
  })
  void whatThisProgramGivesIsInTheReadme(GoldenTest.Model which, String column, String option)
      throws IOException {
    Map<String, Object> options = new HashMap<>(HALF);
    if (!option.isEmpty()) {
      options.put(option.split(" ")[0], option.split(" ")[1]);
    }
    try (GoldenCase golden = which.open();
        LocalSurgeon surgeon =
            new LocalSurgeon(golden.device, golden.config, golden.source(), Recipe.of(options))) {
      surgeon.shoot(golden.calibration);
      assertFigure(which, column, Objective.NEXT_TOKEN.score(surgeon.losses(golden.test)));
    }
  }

  @ParameterizedTest
  @EnumSource(GoldenTest.Model.class)
  void theDenseModelsPerplexityIsInTheReadme(GoldenTest.Model which) throws IOException {
    try (GoldenCase golden = which.open();
        LanguageModel model = LanguageModel.load(golden.config, golden.source(), golden.device)) {
      assertFigure(which, "dense", Objective.NEXT_TOKEN.score(model.losses(golden.test)));
    }
  }
}
