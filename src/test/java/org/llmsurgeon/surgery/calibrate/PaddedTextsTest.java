package org.llmsurgeon.surgery.calibrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.Classification;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

@DisplayName("What stands behind a labelled text in its row")
class PaddedTextsTest {
  private static final int[][] TEXTS = {{3, 1, 4, 1, 5}, {9, 2, 6}, {5, 3, 5, 8}, {9, 7, 9}};
  private static final int[] LABELS = {1, 0, 2, 1};

  /** The labels of tokens are those of the first; the second of each text has none. */
  private static int[][] rows(boolean each, int places) {
    int[][] rows = new int[TEXTS.length][each ? 2 * places : places + 1];
    for (int i = 0; i < rows.length; i++) {
      Arrays.fill(rows[i], Classification.NOTHING);
      System.arraycopy(TEXTS[i], 0, rows[i], 0, TEXTS[i].length);
      rows[i][places] = LABELS[i];
      if (each) {
        rows[i][places + 2] = LABELS[i];
      }
    }
    return rows;
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-sequence", "distilbert-token"})
  void countsNeitherInLossesNorInFactors(String name) throws IOException {
    try (ReferenceModel reference = ReferenceModel.open(name);
        Device device = new ReferenceDevice()) {
      ModelConfig config = reference.config();
      boolean each = name.endsWith("token");
      try (LanguageModel model =
          LanguageModel.load(config, TinyModels.weights(config, 3), device)) {
        int[][] narrow = rows(each, 5);
        int[][] wide = rows(each, 9);
        assertThat(model.losses(wide)).isEqualTo(model.losses(narrow)).doesNotContain(0);
        Map<FactorKey, double[]> plain = sums(model, narrow, 15);
        Map<FactorKey, double[]> padded = sums(model, wide, 15);
        assertThat(padded.keySet()).isEqualTo(plain.keySet()).isNotEmpty();
        plain.forEach((key, sum) -> assertThat(padded.get(key)).isEqualTo(sum));
      }
    }
  }

  private static Map<FactorKey, double[]> sums(LanguageModel model, int[][] rows, int tokens) {
    FactorPass pass = FactorPlan.passes(CurvatureRule.DEFAULT, 1).get(0);
    Map<FactorKey, double[]> sums = new HashMap<>();
    try (ShardFactors factors =
        ShardFactors.of(model, pass, FactorSource.NONE, new Calibration.Data(rows))) {
      assertThat(factors.tokens()).isEqualTo(tokens);
      for (Map.Entry<FactorKey, Tensor> each : factors.packed().entrySet()) {
        sums.put(each.getKey(), model.device().values(each.getValue()));
      }
    }
    return sums;
  }
}
