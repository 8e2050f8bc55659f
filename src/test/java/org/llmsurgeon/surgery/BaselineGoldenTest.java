package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.surgery.evaluate.Perplexity;
import org.llmsurgeon.surgery.local.LocalBaseline;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Wanda and SparseGPT against their authors' programs, run on the same windows: half of the weights
 * of every layer, perplexity. README has these figures.
 */
@Tag(SharedData.TAG)
class BaselineGoldenTest {
  @ParameterizedTest
  @CsvSource({
    "STORIES, false, 40.75", "STORIES, true, 34.68",
    "OPT_CHAR, false, 4.483", "OPT_CHAR, true, 4.422"
  })
  void blockByBlockTheyGiveThePublishedProgramsPerplexity(
      GoldenTest.Model which, boolean sparseGpt, double published) throws IOException {
    Recipe recipe = Recipe.of(Map.of("structures", "element", "sparsity", 0.5, "shots", 1));
    try (GoldenCase golden = which.open();
        LocalBaseline baseline =
            new LocalBaseline(golden.device, golden.config, golden.source(), recipe)) {
      baseline.prune(sparseGpt, golden.calibration);
      assertThat(Perplexity.of(baseline.losses(golden.test)))
          .isCloseTo(published, within(5e-3 * published));
    }
  }
}
