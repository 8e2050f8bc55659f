package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.ShotChoice;

/** A model in which half of the neurons never fire, though they have weights. */
class DeadUnitsTest {
  private final ModelConfig config = TinyModels.opt();

  /** The first six biases of every fc1 are so low that ReLU gives 0. */
  private WeightSource weights() {
    WeightSource dense = TinyModels.weights(config, 4);
    return new WeightSource() {
      @Override
      public boolean contains(String name) {
        return dense.contains(name);
      }

      @Override
      public int[] shape(String name) {
        return dense.shape(name);
      }

      @Override
      public Tensor load(String name, Device device) {
        Tensor tensor = dense.load(name, device);
        if (!name.endsWith("fc1.bias")) {
          return tensor;
        }
        try (tensor) {
          double[] values = device.values(tensor);
          java.util.Arrays.fill(values, 0, 6, -1000);
          return device.tensor(tensor.precision(), 1, values.length, values);
        }
      }
    };
  }

  private LocalSurgeon.Shot firstShot(String selection, double sparsity) {
    Recipe recipe =
        Recipe.of(
            Map.of("units", "neuron", "selection", selection, "sparsity", sparsity, "shots", 1));
    try (Device device = new ReferenceDevice();
        LocalSurgeon surgeon = new LocalSurgeon(device, config, weights(), recipe)) {
      return surgeon.shoot(TinyModels.windows(config, 4, 8, 1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"paths", "rounds", "single"})
  void neuronsThatNeverFireGoFirstAndOnlyAsFarAsTheTarget(String selection) {
    // Each takes 8 + 1 weights of fc1 and 8 of fc2.
    ShotChoice few = firstShot(selection, 0.05).choice();
    assertThat(few.removal().total()).isEqualTo(1000);
    assertThat(few.removal().removed()).isEqualTo(2 * 17);
    assertThat(few.predicted().cost()).isZero();
    ShotChoice all = firstShot(selection, 0.22).choice();
    assertThat(all.removal().removed()).isEqualTo(12 * 17);
    assertThat(all.predicted().cost()).isZero();
    assertThat(firstShot(selection, 0.23).choice().predicted().cost()).isPositive();
  }
}
