package org.llmsurgeon.surgery.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

@DisplayName("Factors of an expert")
class ExpertFactorsTest {
  private static final double TOLERANCE = 2e-5;

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "mixtral-merged", "qwen2-moe", "qwen3-moe", "olmoe"})
  void areThoseOfTheTokensThatReachIt(String name) throws Exception {
    try (Device device = new ReferenceDevice();
        ReferenceModel reference = ReferenceModel.open(name);
        LanguageModel model = LanguageModel.load(reference.config(), reference, device);
        LocalFactors factors = new LocalFactors(device)) {
      FactorPass pass = FactorPlan.passes(new CurvatureRule(CurvatureKind.KFAC)).get(0);
      factors.gather(model, pass, List.of(new Calibration.Data(new int[][] {reference.ids()})));
      int experts = 0;
      for (LinearShape layer : reference.config().linears()) {
        if (layer.ofExpert()) {
          check(layer, reference, factors, device);
          experts++;
        }
      }
      assertThat(experts).isPositive();
    }
  }

  private static void check(
      LinearShape layer, ReferenceModel reference, LocalFactors factors, Device device) {
    boolean reached = reference.reached(layer);
    double[] inputs = reached ? reference.input(layer, device) : new double[0];
    double[] gradients = reached ? reference.gradient(layer, device) : new double[0];
    double all = reference.ids().length;
    double tokens = (double) inputs.length / layer.inputs();
    assertThat(load(factors, FactorPlan.reached(layer), device)[0])
        .isCloseTo(tokens / all, within(1e-7));
    assertClose(
        layer.name() + " A",
        load(factors, FactorPlan.a(layer), device),
        mean(inputs, layer.inputs(), all));
    assertClose(
        layer.name() + " G",
        load(factors, FactorPlan.g(layer), device),
        mean(gradients, layer.outputs(), all));
    if (reached) {
      // The product stands for the mean over all tokens of what those of the expert give.
      Recipe recipe = Recipe.of(Map.of("structures", "units", "sparsity", 0.5));
      try (TensorScope scope = new TensorScope(device)) {
        KroneckerFactors product =
            new LayerTask(device, layer, reference.weights(), factors, recipe).curvature(scope);
        double expected = squares(inputs) / tokens * squares(gradients) / tokens * tokens / all;
        assertThat(trace(product.a(), device) * trace(product.g(), device))
            .isCloseTo(expected, within(1e-4 * expected));
        assertThat(product.tokens()).isEqualTo((long) tokens);
      }
    }
  }

  private static double[] load(LocalFactors factors, FactorKey key, Device device) {
    try (Tensor factor = factors.load(key, device)) {
      return device.values(factor);
    }
  }

  /** Sum of the outer products of rows, over how many tokens there are in all. */
  private static double[] mean(double[] rows, int width, double all) {
    double[] mean = new double[width * width];
    for (int from = 0; from < rows.length; from += width) {
      for (int i = 0; i < width; i++) {
        for (int j = 0; j < width; j++) {
          mean[i * width + j] += rows[from + i] * rows[from + j] / all;
        }
      }
    }
    return mean;
  }

  private static double squares(double[] rows) {
    double sum = 0;
    for (double each : rows) {
      sum += each * each;
    }
    return sum;
  }

  private static double trace(Tensor matrix, Device device) {
    double trace = 0;
    for (double each : device.diagonal(matrix)) {
      trace += each;
    }
    return trace;
  }

  private static void assertClose(String what, double[] own, double[] theirs) {
    double largest = 0;
    for (double each : theirs) {
      largest = Math.max(largest, Math.abs(each));
    }
    assertThat(own).as(what).hasSize(theirs.length);
    for (int i = 0; i < own.length; i++) {
      assertThat(own[i]).as(what + " " + i).isCloseTo(theirs[i], within(TOLERANCE * largest));
    }
  }
}
