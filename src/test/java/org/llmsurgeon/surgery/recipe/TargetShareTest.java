package org.llmsurgeon.surgery.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.catalog.TargetQuantity;

/** Shares by counting the numbers of tensors. */
class TargetShareTest {
  private static ModelConfig config(String architecture) {
    return Architectures.parse(
        architecture.equals("opt") ? TinyModels.optJson() : TinyModels.llamaJson(), "config.json");
  }

  private static boolean prunable(ModelConfig config, String tensor) {
    return config.linears().stream()
        .anyMatch(
            layer ->
                tensor.equals(layer.weightName())
                    || layer.bias() && tensor.equals(layer.biasName()));
  }

  private static double numbers(ModelConfig config, Predicate<String> wanted) {
    double sum = 0;
    for (String name : LanguageModel.tensors(config).keySet()) {
      if (wanted.test(name)) {
        double product = 1;
        for (int size : LanguageModel.tensors(config).get(name)) {
          product *= size;
        }
        sum += product;
      }
    }
    return sum;
  }

  private static double share(ModelConfig config, double sparsity, TargetQuantity of) {
    return new TargetShare(config, name -> prunable(config, name) ? 2 : 4)
        .of(new Recipe.Goal(sparsity, of), LayerRule.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"opt", "llama"})
  void aShareOfParametersOrBytesIsThatManyNumbers(String architecture) {
    ModelConfig config = config(architecture);
    double prunable = numbers(config, name -> prunable(config, name));
    double others = numbers(config, name -> !prunable(config, name));
    assertThat(share(config, 0.1, TargetQuantity.WEIGHTS)).isEqualTo(0.1);
    assertThat(share(config, 0.1, TargetQuantity.PARAMETERS) * prunable)
        .isCloseTo(0.1 * (prunable + others), within(1e-6));
    assertThat(share(config, 0.1, TargetQuantity.BYTES) * 2 * prunable)
        .isCloseTo(0.1 * (2 * prunable + 4 * others), within(1e-6));
  }

  @Test
  void multiplyAddsAreThoseOfTheLayersAndTheHead() {
    ModelConfig config = config("opt");
    double layers =
        config.linears().stream().mapToDouble(each -> each.outputs() * each.inputs()).sum();
    double head = config.vocabulary() * config.hidden();
    assertThat(share(config, 0.1, TargetQuantity.MULTIPLY_ADDS) * layers)
        .isCloseTo(0.1 * (layers + head), within(1e-6));
  }

  @Test
  void moreThanCanBePrunedIsRefusedWithTheMost() {
    ModelConfig config = config("llama");
    double most = numbers(config, name -> prunable(config, name)) / numbers(config, name -> true);
    assertThat(share(config, Math.floor(most * 1e4) / 1e4, TargetQuantity.PARAMETERS))
        .isGreaterThan(0.99)
        .isLessThanOrEqualTo(1);
    assertThatThrownBy(() -> share(config, 0.9999, TargetQuantity.PARAMETERS))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(String.format("%.4f", Math.floor(most * 1e4) / 1e4));
  }

  @Test
  void whatAPatternCannotReachIsSaidInTheUnitThatWasAskedFor() {
    ModelConfig config = config("llama");
    double prunable = numbers(config, name -> prunable(config, name));
    double all = numbers(config, name -> true);
    double most = Math.floor(0.5 * prunable / all * 1e4) / 1e4;
    TargetShare shares = new TargetShare(config, name -> 4);

    assertThat(shares.of(patterns(most))).isCloseTo(0.5, within(1e-3)).isLessThanOrEqualTo(0.5);
    assertThatThrownBy(() -> shares.of(patterns(most + 1e-4)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("of the bytes cannot be reached with 2:4, which removes at most")
        .hasMessageContaining(" " + most + " of them");
  }

  private static Recipe patterns(double sparsity) {
    return Recipe.of(
        java.util.Map.of(
            "sparsity", sparsity, "shots", 1, "structures", "2:4", "target-of", "bytes"));
  }
}
