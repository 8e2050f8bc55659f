package org.llmsurgeon.surgery.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Factors of a Fisher whose targets are drawn. */
class FisherTargetsTest {
  private static final int[][] WINDOW = {{3, 7, 1}};

  private static Recipe recipe(String fisher, int samples) {
    return Recipe.of(Map.of("fisher", fisher, "fisher-samples", samples));
  }

  private static Map<FactorKey, double[]> sums(LanguageModel model, Targets targets) {
    Map<FactorKey, double[]> values = new HashMap<>();
    Calibration.Data data = new Calibration.Data(WINDOW, targets);
    FactorPass pass = FactorPlan.passes(CurvatureRule.DEFAULT).get(0);
    try (ShardFactors sums = ShardFactors.of(model, pass, FactorSource.NONE, data)) {
      for (Map.Entry<FactorKey, Tensor> each : sums.packed().entrySet()) {
        values.put(each.getKey(), model.device().values(each.getValue()));
      }
    }
    return values;
  }

  private static double distance(double[] x, double[] y) {
    double squares = 0;
    double size = 0;
    for (int i = 0; i < x.length; i++) {
      squares += (x[i] - y[i]) * (x[i] - y[i]);
      size += y[i] * y[i];
    }
    return Math.sqrt(squares / size);
  }

  /** The softmax Fisher, every possible pair of targets weighed by how likely it is. */
  private static Map<FactorKey, double[]> exact(LanguageModel model) {
    int vocabulary = model.config().vocabulary();
    double[][] likely = new double[2][vocabulary];
    try (Tensor logits = model.logits(WINDOW[0])) {
      double[] values = model.device().values(logits);
      for (int position = 0; position < 2; position++) {
        double sum = 0;
        for (int token = 0; token < vocabulary; token++) {
          likely[position][token] = Math.exp(values[position * vocabulary + token]);
          sum += likely[position][token];
        }
        for (int token = 0; token < vocabulary; token++) {
          likely[position][token] /= sum;
        }
      }
    }
    Map<FactorKey, double[]> exact = new HashMap<>();
    for (int first = 0; first < vocabulary; first++) {
      for (int second = 0; second < vocabulary; second++) {
        double weight = likely[0][first] * likely[1][second];
        sums(model, new Targets.Given(new int[][][] {{{first, second, 0}}}))
            .forEach(
                (key, sum) -> {
                  double[] all = exact.computeIfAbsent(key, each -> new double[sum.length]);
                  for (int i = 0; i < sum.length; i++) {
                    all[i] += weight * sum[i];
                  }
                });
      }
    }
    return exact;
  }

  @Test
  void manySamplesGiveTheFisherOfTheModelsOwnDistribution() {
    ModelConfig config = TinyModels.llama();
    try (Device device = new ReferenceDevice();
        LanguageModel model = LanguageModel.load(config, TinyModels.weights(config, 8), device)) {
      Map<FactorKey, double[]> exact = exact(model);
      Recipe recipe = recipe("sampled", 4000);
      Map<FactorKey, double[]> sampled =
          sums(model, FisherTargets.of(recipe, Objective.NEXT_TOKEN, new Shard(0, 0, 1), null));
      Map<FactorKey, double[]> empirical = sums(model, Targets.OF_TEXT);
      for (FactorKey key : FactorPlan.keys(config, CurvatureRule.DEFAULT)) {
        double error = distance(sampled.get(key), exact.get(key));
        if (key.kind() == FactorKind.A) {
          assertThat(sampled.get(key)).as(key.label()).isEqualTo(empirical.get(key));
        } else {
          assertThat(error).as(key.label()).isLessThan(0.1);
          assertThat(distance(empirical.get(key), exact.get(key)))
              .as(key.label())
              .isGreaterThan(0.3);
        }
      }
    }
  }

  @Test
  void targetsOfTheDenseModelStayWhateverTheModelIs() {
    ModelConfig config = TinyModels.llama();
    try (Device device = new ReferenceDevice();
        LanguageModel dense = LanguageModel.load(config, TinyModels.weights(config, 8), device);
        LanguageModel now = LanguageModel.load(config, TinyModels.weights(config, 9), device)) {
      Recipe recipe = recipe("kl", 3);
      Shard shard = new Shard(0, 0, 1);
      int[][][] drawn = FisherTargets.drawOfDense(dense, WINDOW, recipe, shard);
      Map<FactorKey, double[]> ofDense =
          sums(now, FisherTargets.of(recipe, Objective.NEXT_TOKEN, shard, drawn));
      Map<FactorKey, double[]> own =
          sums(now, FisherTargets.of(recipe("sampled", 3), Objective.NEXT_TOKEN, shard, null));
      Map<FactorKey, double[]> given = sums(now, new Targets.Given(drawn));
      FactorKey g = FactorPlan.g(config.linears().get(0));
      assertThat(ofDense.get(g)).isEqualTo(given.get(g)).isNotEqualTo(own.get(g));
    }
  }

  @Test
  void optionsThatDoNotGoTogetherAreRefused() {
    for (Map<String, ?> wrong :
        java.util.List.of(
            Map.of("fisher", "guessed"),
            Map.of("fisher", "sampled", "curvature", "activations"),
            Map.of("fisher-samples", 2),
            Map.of("fisher", "kl", "fisher-samples", 0))) {
      assertThatThrownBy(() -> Recipe.of(wrong))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("isher")
          .hasMessageMatching("[^\\n]*\\.");
    }
    Recipe recipe = recipe("kl", 4);
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
  }
}
