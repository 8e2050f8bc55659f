package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.LayerSelection;

/** Models of which something is 0 or without effect before the run. */
class SparseModelTest {
  private final ModelConfig config = TinyModels.opt();
  private final long total = config.linears().stream().mapToLong(LinearShape::weights).sum();

  /** Changes numbers of a model. */
  private interface Change {
    void apply(String name, double[] values, int columns);
  }

  private static WeightSource changed(WeightSource weights, Change change) {
    return new WeightSource() {
      @Override
      public boolean contains(String name) {
        return weights.contains(name);
      }

      @Override
      public int[] shape(String name) {
        return weights.shape(name);
      }

      @Override
      public Tensor load(String name, Device device) {
        Tensor tensor = weights.load(name, device);
        double[] values = device.values(tensor);
        change.apply(name, values, tensor.columns());
        device.upload(values, 0, tensor, 0, values.length);
        return tensor;
      }
    };
  }

  /** Half of the neurons never fire, and of the others' outputs a few weights are 0. */
  private WeightSource deadAndZero() {
    return changed(
        TinyModels.weights(config, 4),
        (name, values, columns) -> {
          if (name.endsWith("fc1.bias")) {
            java.util.Arrays.fill(values, 0, 6, -1000);
          } else if (name.endsWith("layers.1.fc2.weight")) {
            for (int row = 0; row < 8; row += 2) {
              values[row * columns + 9] = 0;
            }
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"element,0.01", "element,0.03", "element,0.2", "element,0.3", "2:4,0.01", "2:4,0.1"})
  void whatIsDeadTakesNoRoomThatZerosNeed(String structures, double sparsity) {
    Recipe recipe = Recipe.of(Map.of("structures", structures, "sparsity", sparsity, "shots", 1));
    try (Device device = new ReferenceDevice();
        LocalSurgeon surgeon = new LocalSurgeon(device, config, deadAndZero(), recipe)) {
      long removed = surgeon.shoot(TinyModels.windows(config, 4, 8, 1)).removal().removed();
      assertThat(removed).isPositive().isLessThanOrEqualTo((long) (sparsity * total));
      if (structures.equals("element")) {
        assertThat(removed).isEqualTo((long) (sparsity * total));
      }
    }
  }

  /** Nothing reads the first dimension of the stream behind the norms. */
  @ParameterizedTest
  @CsvSource({"loadable,,", "'',neuron,", "'',head,0.3", "'','neuron,value',0.1"})
  void whatIsDeadAndBelongsToNoUnitStays(String preset, String units, Double sparsity) {
    WeightSource weights =
        changed(
            TinyModels.weights(config, 4),
            (name, values, columns) -> {
              if (name.contains("layer_norm")) {
                values[0] = 0;
              }
            });
    Map<String, Object> options = new HashMap<>();
    options.put("preset", preset == null || preset.isEmpty() ? null : preset);
    options.put("units", units);
    options.put("sparsity", sparsity == null ? 0.3 : sparsity);
    options.put("shots", 1);
    try (Device device = new ReferenceDevice();
        LocalSurgeon surgeon = new LocalSurgeon(device, config, weights, Recipe.of(options))) {
      LocalSurgeon.Shot shot = surgeon.shoot(TinyModels.windows(config, 4, 8, 1));
      assertThat(shot.removal().removed()).isPositive();
      for (LayerSelection each : shot.choice().layers()) {
        String name = config.linears().get(each.layer()).name();
        if (!name.endsWith("out_proj") && !name.endsWith("fc2")) {
          assertThat(each.lines().columns()).as(name).isEmpty();
        } else {
          assertThat(each.lines().rows()).as(name).isEmpty();
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'row,column',joint",
    "'row,column',additive",
    "'row,column',independent",
    "'row,column',none",
    "units,joint",
    "units,additive",
    "element,joint",
    "1:4,joint"
  })
  void zerosOfAnEarlierRunStay(String structures, String update) {
    for (String mask : MaskedWeights.MASKS.keySet()) {
      WeightSource sparse =
          new MaskedWeights(TinyModels.weights(config, 4), config, MaskedWeights.MASKS.get(mask));
      Recipe recipe =
          Recipe.of(
              Map.of("structures", structures, "update", update, "sparsity", 0.7, "shots", 2));
      try (Device device = new ReferenceDevice();
          LocalSurgeon surgeon = new LocalSurgeon(device, config, sparse, recipe)) {
        for (int shot = 1; shot <= 2; shot++) {
          surgeon.shoot(TinyModels.windows(config, 4, 8, 1));
        }
        for (LinearShape layer : config.linears()) {
          assertZerosStay(device, sparse, surgeon, layer.weightName());
        }
      }
    }
  }

  private static void assertZerosStay(
      Device device, WeightSource before, WeightSource after, String name) {
    try (Tensor old = before.load(name, device);
        Tensor now = after.load(name, device)) {
      double[] was = device.values(old);
      double[] is = device.values(now);
      for (int i = 0; i < was.length; i++) {
        assertThat(was[i] == 0 && is[i] != 0).as("%s, weight %d", name, i).isFalse();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "rows and columns,'row,column'",
    "rows and columns,units",
    "elements,element",
    "2:4,2:4",
    "2:4,element"
  })
  void aTargetThatIsPassedAlreadyIsRefused(String mask, String structures) {
    WeightSource sparse =
        new MaskedWeights(TinyModels.weights(config, 4), config, MaskedWeights.MASKS.get(mask));
    Recipe recipe = Recipe.of(Map.of("structures", structures, "sparsity", 0.2));
    try (Device device = new ReferenceDevice()) {
      assertThatThrownBy(() -> new LocalSurgeon(device, config, sparse, recipe))
          .isInstanceOf(InputException.class)
          .hasMessageMatching(
              "[2-5][0-9]\\.[0-9][0-9] % of the weights are gone already.* --structures "
                  + structures
                  + ", and --sparsity 0.2 asks for no more; give more than that\\.");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"units", "row,column"})
  void zerosOfAnotherKindAreNoTargetThatIsPassed(String structures) {
    WeightSource sparse =
        new MaskedWeights(
            TinyModels.weights(config, 4), config, (row, column) -> (row + column) % 4 == 0);
    Recipe recipe = Recipe.of(Map.of("structures", structures, "sparsity", 0.2, "shots", 1));
    try (Device device = new ReferenceDevice();
        LocalSurgeon surgeon = new LocalSurgeon(device, config, sparse, recipe)) {
      assertThat(surgeon.shoot(TinyModels.windows(config, 4, 8, 1)).removal().removed())
          .isPositive();
    }
  }

  /** Every fourth weight is 0: of 2:4 groups half of what may go. */
  @Test
  void zerosOfGroupsThatDoNotSatisfyThePatternCount() {
    WeightSource sparse =
        new MaskedWeights(TinyModels.weights(config, 4), config, (row, column) -> column % 4 == 0);
    try (Device device = new ReferenceDevice()) {
      Recipe less = Recipe.of(Map.of("structures", "2:4", "sparsity", 0.2));
      assertThatThrownBy(() -> new LocalSurgeon(device, config, sparse, less))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("gone already, in the sense of --structures 2:4");
      Recipe more = Recipe.of(Map.of("structures", "2:4", "sparsity", 0.3, "shots", 1));
      try (LocalSurgeon surgeon = new LocalSurgeon(device, config, sparse, more)) {
        long removed = surgeon.shoot(TinyModels.windows(config, 4, 8, 1)).removal().removed();
        long inputs =
            config.linears().stream().mapToLong(each -> each.inputs() * each.outputs()).sum();
        assertThat(removed).isBetween((long) (0.3 * inputs) - 1, (long) (0.3 * inputs));
      }
    }
  }

  /**
   * Of layer 0 half of the rows are 0. What is asked of the others may go, but it has lost too
   * much.
   */
  @ParameterizedTest
  @CsvSource({
    "element,threshold,layer,layers.0",
    "'row,column',threshold,layer,layers.0",
    "units,threshold,layer,block 0",
    "element,limit,layers.0=0.3,layers.0",
    "'row,column',limit,layers.0=0.3,layers.0",
    "units,limit,layers.0=0.3,layers.0"
  })
  void aLayerThatHasLostMoreThanItMayIsRefused(
      String structures, String option, String value, String named) {
    WeightSource sparse =
        changed(
            TinyModels.weights(config, 4),
            (name, values, columns) -> {
              if (name.contains("layers.0") && !name.contains("norm")) {
                int width = name.endsWith("bias") ? 1 : columns;
                java.util.Arrays.fill(values, 0, values.length / width * 3 / 5 * width, 0);
              }
            });
    Map<String, Object> options =
        Map.of("structures", structures, option, value, "sparsity", 0.35, "shots", 1);
    try (Device device = new ReferenceDevice()) {
      assertThatThrownBy(() -> new LocalSurgeon(device, config, sparse, Recipe.of(options)))
          .isInstanceOf(InputException.class)
          .hasMessageMatching(
              "Of .*"
                  + named
                  + ".* [456][0-9]\\.[0-9][0-9] % are gone already, and --"
                  + option
                  + ".* allows (2[5-9]|3[0-5])\\.[0-9][0-9] %; leave it out with --exclude, or"
                  + " allow more\\.");
      Map<String, Object> without = new HashMap<>(options);
      without.remove(option);
      without.put("exclude", "layers.0");
      try (LocalSurgeon surgeon = new LocalSurgeon(device, config, sparse, Recipe.of(without))) {
        assertThat(surgeon.shoot(TinyModels.windows(config, 4, 8, 1)).removal().removed())
            .isPositive();
      }
    }
  }

  @Test
  void aModelWithoutZerosIsNoneOfThese() {
    Recipe recipe = Recipe.of(Map.of("structures", "element", "sparsity", 0.0001));
    try (Device device = new ReferenceDevice();
        LocalSurgeon surgeon =
            new LocalSurgeon(device, config, TinyModels.weights(config, 4), recipe)) {
      assertThat(surgeon).isNotNull();
    }
  }
}
