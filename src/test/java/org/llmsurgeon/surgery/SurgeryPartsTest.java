package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorKind;
import org.llmsurgeon.surgery.calibrate.FactorSum;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The small parts of a shot: shards, sums, weights with biases, recipes, perplexity. */
class SurgeryPartsTest {
  @ParameterizedTest
  @CsvSource({"1,0,1", "2,0,2", "8,0,2", "17,0,3", "128,0,16", "100000,0,64", "5,3,3", "3,9,3"})
  void shardsCoverTheWindowsInOrderAndDifferByOneAtMost(int windows, int requested, int count) {
    List<Shard> shards = Shard.plan(windows, requested);
    assertThat(shards).hasSize(count);
    int next = 0;
    for (int i = 0; i < count; i++) {
      assertThat(shards.get(i).index()).isEqualTo(i);
      assertThat(shards.get(i).from()).isEqualTo(next);
      assertThat(shards.get(i).to() - next).isBetween(windows / count, windows / count + 1);
      next = shards.get(i).to();
    }
    assertThat(next).isEqualTo(windows);
  }

  @Test
  void aFactorSumIsTheMeanOverAllTokensInDouble() {
    FactorSum sum = new FactorSum(new FactorKey("layer", FactorKind.A, 1), 2, 3);
    sum.add(new float[] {1e8f, 1});
    sum.add(new float[] {1, 2});
    sum.add(new float[] {-1e8f, 3});
    float[] mean = new float[2];
    sum.mean(mean);
    assertThat(mean).containsExactly(1f / 3, 2f);
  }

  @Test
  void aSumThatIsNotFiniteNamesItsFactor() {
    FactorSum sum = new FactorSum(new FactorKey("model.layers.3.mlp", FactorKind.G, 1), 1, 1);
    sum.add(new float[] {Float.NaN});
    assertThatThrownBy(() -> sum.mean(new float[1]))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("model.layers.3.mlp")
        .hasMessageContaining("G");
  }

  @Test
  void aWeightAndItsBiasComeBackFromTheirOneMatrix() {
    for (ModelConfig config : List.of(TinyModels.llama(), TinyModels.opt())) {
      WeightSource weights = TinyModels.weights(config, 1);
      for (LinearShape shape : config.linears()) {
        try (Device device = new ReferenceDevice();
            LayerWeight weight = LayerWeight.load(device, shape, weights);
            Tensor all = weight.augmented(device);
            LayerWeight back = LayerWeight.split(device, shape, all)) {
          assertThat(all.columns()).isEqualTo(shape.augmentedInputs());
          assertThat(device.values(back.weight())).isEqualTo(device.values(weight.weight()));
          if (shape.bias()) {
            assertThat(device.values(back.bias())).isEqualTo(device.values(weight.bias()));
          }
        }
      }
    }
  }

  @Test
  void perplexityIsTheExponentialOfTheMeanOfTheWindows() {
    assertThat(Objective.NEXT_TOKEN.score(new double[] {1, 3}))
        .isCloseTo(Math.exp(2), within(1e-12));
  }

  @Test
  void aRecipeComesBackFromItsOptions() {
    Recipe recipe =
        Recipe.of(Map.of("structures", "units", "units", "neuron,head", "shots", 3, "damp-g", 0.1));
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
    assertThat(Recipe.of(Recipe.defaults().options())).isEqualTo(Recipe.defaults());
  }

  @ParameterizedTest
  @CsvSource({
    "shots,0",
    "shots,many",
    "sparsity,0",
    "sparsity,1.5",
    "sparsity,NaN",
    "sequences,0",
    "context,1",
    "structures,diagonal",
    "curvature,hessian",
    "update,none of these",
    "damp-g,-1",
    "diagonal,perhaps",
    "no-such-option,1",
    "selection,best",
    "units,finger",
    "path-step,0",
    "shards,-1",
    "preset,worst",
    "target-of,hopes",
    "max-shots,4",
    "rounds,2",
    "round-to,0",
    "tensor-parallel,0",
    "one-width,perhaps",
    "seed,1.5"
  })
  void aWrongOptionIsNamed(String name, String value) {
    assertThatThrownBy(() -> Recipe.of(Map.of(name, value)))
        .isInstanceOf(InputException.class)
        .hasMessageMatching("(?s)[^\\n]*\\.");
  }
}
