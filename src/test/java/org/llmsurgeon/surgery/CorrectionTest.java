package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.correct.AdapterTraining;
import org.llmsurgeon.surgery.correct.CorrectionPlan;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.LayerRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Corrections in the loop of one process: what they read, what they gain, what they leave. */
class CorrectionTest {
  private final Device device = CpuDevice.create();

  @AfterEach
  void free() {
    device.close();
  }

  @ParameterizedTest
  @CsvSource({"opt, row-column, cross-entropy", "llama, element, distill", "llama, 2:4, distill"})
  void aCorrectionLowersItsLossAndBringsNothingBack(
      String architecture, String structures, String kind) {
    ModelConfig config = architecture.equals("llama") ? TinyModels.llama() : TinyModels.opt();
    int[][] windows = TinyModels.windows(config, 8, 12, 4);
    Map<String, Object> options = new HashMap<>();
    options.put("structures", structures.replace('-', ','));
    options.put("sparsity", 0.3);
    options.put("shots", 1);
    options.put("skip-unfit", structures.equals("2:4") ? true : null);
    try (LocalSurgeon plain = surgeon(config, options)) {
      plain.shoot(windows);
      options.put("correct", kind);
      options.put("final-epochs", 30);
      options.put("correct-rate", 0.01);
      try (LocalSurgeon corrected = surgeon(config, options)) {
        AdapterTraining.Result result = corrected.shoot(windows).correction();
        assertThat(result.steps()).isEqualTo(30 * 8 / Recipe.defaults().correction().batch());
        assertThat(result.lastLoss()).isLessThan(0.9 * result.firstLoss());
        assertSameZeros(config, plain, corrected);
      }
    }
  }

  private void assertSameZeros(ModelConfig config, LocalSurgeon plain, LocalSurgeon corrected) {
    for (LinearShape layer : config.linears()) {
      try (Tensor before = plain.load(layer.weightName(), device);
          Tensor after = corrected.load(layer.weightName(), device)) {
        double[] old = device.values(before);
        double[] now = device.values(after);
        assertThat(now).as(layer.name()).isNotEqualTo(old);
        assertThat(IntStream.range(0, now.length).filter(i -> now[i] == 0))
            .as(layer.name())
            .containsExactlyElementsOf(
                IntStream.range(0, old.length).filter(i -> old[i] == 0).boxed().toList());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "opt, element, include, fc1, distill, false",
    "llama, row-column, exclude, 'q_proj,layers.0.mlp', cross-entropy, false",
    "llama, 2:4, limit, mlp=0, none, true",
    "opt, units, exclude, layers.0, distill, true"
  })
  void layersThatMayNotBePrunedStayBitForBitAndTheOthersAreCorrected(
      String architecture,
      String structures,
      String option,
      String pattern,
      String kind,
      boolean reconstruct) {
    ModelConfig config = architecture.equals("llama") ? TinyModels.llama() : TinyModels.opt();
    int[][] windows = TinyModels.windows(config, 8, 12, 4);
    Map<String, Object> options = new HashMap<>(Map.of("sparsity", 0.3, "shots", 1));
    options.put("structures", structures.replace('-', ','));
    options.put("skip-unfit", structures.equals("2:4") ? true : null);
    options.put(option, pattern);
    try (LocalSurgeon plain = surgeon(config, options)) {
      plain.shoot(windows);
      options.put("correct", kind);
      options.put("reconstruct", reconstruct);
      LayerRule rule = Recipe.of(options).layers();
      try (LocalSurgeon corrected = surgeon(config, options)) {
        LocalSurgeon.Shot shot = corrected.shoot(windows);
        assertThat(shot.reconstruction() == null).isNotEqualTo(reconstruct);
        int moved = 0;
        for (LinearShape layer : config.linears()) {
          double[] dense = values(TinyModels.weights(config, 3), layer.weightName());
          double[] now = values(corrected, layer.weightName());
          if (rule.touches(layer)) {
            moved += Arrays.equals(now, values(plain, layer.weightName())) ? 0 : 1;
          } else {
            assertThat(now).as(layer.name()).isEqualTo(dense);
          }
        }
        long touched = config.linears().stream().filter(rule::touches).count();
        assertThat(touched).isLessThan(config.linears().size());
        assertThat(moved).isBetween(1, (int) touched);
        if (!kind.equals("none")) {
          assertThat(moved).as("each has an adapter").isEqualTo((int) touched);
        }
      }
    }
  }

  private double[] values(WeightSource weights, String name) {
    try (Tensor tensor = weights.load(name, device)) {
      return device.values(tensor);
    }
  }

  private LocalSurgeon surgeon(ModelConfig config, Map<String, Object> options) {
    return new LocalSurgeon(device, config, TinyModels.weights(config, 3), Recipe.of(options));
  }

  @Test
  void everyEpochOfTheLastShotReadsEachWindowOnce() {
    Recipe recipe = recipe(Map.of("final-epochs", 3, "correct-batch", 4));
    CorrectionPlan plan = CorrectionPlan.of(recipe, 2, true, 10);
    assertThat(plan.steps()).hasSize(9);
    List<Integer> all = new ArrayList<>(IntStream.range(0, 10).boxed().toList());
    List<List<Integer>> orders = new ArrayList<>();
    for (int epoch = 0; epoch < 3; epoch++) {
      List<Integer> read = new ArrayList<>();
      for (List<int[]> parts : plan.steps().subList(3 * epoch, 3 * epoch + 3)) {
        parts.forEach(part -> IntStream.of(part).forEach(read::add));
      }
      orders.add(List.copyOf(read));
      assertThat(read).containsExactlyInAnyOrderElementsOf(all);
    }
    assertThat(orders).doesNotHaveDuplicates();
  }

  @Test
  void betweenShotsAShareIsDrawnAnewAndAlwaysTheSame() {
    Recipe recipe = recipe(Map.of("correct-share", 0.3, "correct-batch", 64));
    List<int[]> first = CorrectionPlan.of(recipe, 1, false, 100).steps().get(0);
    assertThat(windows(first)).hasSize(30).doesNotHaveDuplicates();
    assertThat(windows(CorrectionPlan.of(recipe, 1, false, 100).steps().get(0)))
        .isEqualTo(windows(first));
    assertThat(windows(CorrectionPlan.of(recipe, 2, false, 100).steps().get(0)))
        .isNotEqualTo(windows(first));
    assertThat(windows(CorrectionPlan.of(recipe(Map.of()), 1, false, 32).steps().get(0)))
        .as("never less than one window")
        .hasSize(1);
  }

  private static List<Integer> windows(List<int[]> parts) {
    return parts.stream().flatMap(part -> IntStream.of(part).boxed()).toList();
  }

  private static Recipe recipe(Map<String, Object> options) {
    Map<String, Object> all = new HashMap<>(options);
    all.put("correct", "distill");
    return Recipe.of(all);
  }

  @Test
  void theOptionsOfARecipeComeBack() {
    Recipe recipe = recipe(Map.of("rank", 4, "final-epochs", 7, "correct-rate", 0.002));
    assertThat(recipe.correction().rank()).isEqualTo(4);
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
    assertThat(Recipe.defaults().correction().isWanted()).isFalse();
    assertThat(Recipe.of(Recipe.defaults().options())).isEqualTo(Recipe.defaults());
  }

  @ParameterizedTest
  @CsvSource({
    "rank, 0, --rank is 0",
    "correct-share, 0, --correct-share is 0.0",
    "correct-rate, -1, --correct-rate is -1.0",
    "correct-epochs, -1, --correct-epochs is -1",
    "correct-batch, 0, --correct-batch is 0",
    "correct, lora, There is no correction 'lora'"
  })
  void whatMakesNoSenseIsRefused(String option, String value, String message) {
    Map<String, Object> options = new HashMap<>(Map.of("correct", "distill"));
    options.put(option, value);
    assertThatThrownBy(() -> Recipe.of(options))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void detailsWithoutACorrectionAreRefused() {
    assertThatThrownBy(() -> Recipe.of(Map.of("rank", 4)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--rank goes with --correct");
  }
}
