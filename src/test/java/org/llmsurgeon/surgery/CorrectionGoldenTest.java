package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.surgery.correct.HeldOutWindows;
import org.llmsurgeon.surgery.correct.Reconstruction;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What is done after cuts is worth its while on a trained model: 2:4 at a half, in five shots. */
@Tag(SharedData.TAG)
class CorrectionGoldenTest {
  private static final GoldenTest.Model MODEL = GoldenTest.Model.STORIES;

  @Test
  void distillationTakesAThirdOfTheExcessLossAway() throws IOException {
    try (GoldenCase golden = MODEL.open()) {
      double dense = golden.expected.path("dense_perplexity").asDouble();
      double cut = excess(golden, dense, Map.of());
      double distilled = excess(golden, dense, Map.of("correct", "distill"));
      assertThat(cut).isPositive();
      assertThat(distilled).isLessThan(2.0 / 3 * cut);
    }
  }

  /** Logarithm of the perplexity on the test text, beyond that of the dense model. */
  private static double excess(GoldenCase golden, double dense, Map<String, Object> more) {
    try (LocalSurgeon surgeon = pruned(golden, more)) {
      return Math.log(Objective.NEXT_TOKEN.score(surgeon.losses(golden.test)) / dense);
    }
  }

  private static LocalSurgeon pruned(GoldenCase golden, Map<String, Object> more) {
    LocalSurgeon surgeon = surgeon(golden, more);
    for (int shot = 1; shot <= 5; shot++) {
      surgeon.shoot(golden.calibration);
    }
    return surgeon;
  }

  private static LocalSurgeon surgeon(GoldenCase golden, Map<String, Object> more) {
    Map<String, Object> options =
        new HashMap<>(Map.of("structures", "2:4", "sparsity", 0.5, "shots", 5));
    options.putAll(more);
    return new LocalSurgeon(golden.device, golden.config, golden.source(), Recipe.of(options));
  }

  @Test
  void reconstructionMakesTheLossOfWhatIsHeldOutSmaller() throws IOException {
    try (GoldenCase golden = MODEL.open();
        LocalSurgeon surgeon = surgeon(golden, Map.of("reconstruct", true))) {
      HeldOutWindows heldOut = new HeldOutWindows(golden.calibration.length);
      int[][] judging =
          IntStream.range(0, golden.calibration.length)
              .filter(heldOut::judges)
              .mapToObj(window -> golden.calibration[window])
              .toArray(int[][]::new);
      Reconstruction.Result result = null;
      for (int shot = 1; shot <= 5; shot++) {
        result = surgeon.shoot(golden.calibration).reconstruction();
      }
      assertThat(result.kept()).isPositive();
      assertThat(result.lossAfter()).isLessThan(result.lossBefore());
      assertThat(Math.log(Objective.NEXT_TOKEN.score(surgeon.losses(judging))))
          .isCloseTo(result.lossAfter(), within(1e-5));
    }
  }
}
