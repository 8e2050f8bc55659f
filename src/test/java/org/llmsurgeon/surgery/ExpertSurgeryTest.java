package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.LayerSelection;

@DisplayName("A mixture of experts")
class ExpertSurgeryTest {
  @ParameterizedTest
  @CsvSource({
    "mixtral,units,kfac",
    "mixtral-merged,element,ekfac",
    "qwen2-moe,units,kfac",
    "qwen2-moe,'row,column',kfac",
    "qwen3-moe,units,nearest-kronecker",
    "qwen3-moe,element,kfac",
    "olmoe,1:2,kfac",
    "olmoe,units,activations"
  })
  void isPruned(String name, String structures, String curvature) throws Exception {
    try (ReferenceModel model = ReferenceModel.open(name);
        Device device = CpuDevice.create()) {
      Map<String, Object> options =
          new HashMap<>(Map.of("structures", structures, "curvature", curvature));
      if (!structures.equals("1:2")) {
        options.putAll(Map.of("sparsity", 0.3, "shots", 2));
      }
      Recipe recipe = Recipe.of(options);
      int[][] windows = TinyModels.windows(model.config(), 8, 10, 1);
      try (LocalSurgeon surgeon =
          new LocalSurgeon(device, model.config(), model.weights(), recipe)) {
        double before = surgeon.losses(windows)[0];
        LocalSurgeon.Shot last = null;
        for (int shot = 0; shot < recipe.shots(); shot++) {
          last = surgeon.shoot(windows);
        }
        assertThat((double) last.removal().removed() / last.removal().total()).isBetween(0.2, 0.55);
        assertThat(surgeon.losses(windows)[0]).isFinite().isNotEqualTo(before);
      }
    }
  }

  @Test
  void losesNeuronsOfItsExpertsAsUnits() throws Exception {
    try (ReferenceModel model = ReferenceModel.open("qwen2-moe");
        Device device = CpuDevice.create()) {
      Recipe recipe = Recipe.of(Map.of("structures", "units", "units", "neuron", "sparsity", 0.3));
      assertThat(UnitPlan.of(model.config(), recipe).groups())
          .extracting(planned -> planned.group().name())
          .contains("block 0 mlp", "block 0 expert 0", "block 0 expert 4", "block 1 mlp")
          .doesNotContain("block 1 expert 0");
      int[][] windows = TinyModels.windows(model.config(), 8, 10, 1);
      try (LocalSurgeon surgeon =
          new LocalSurgeon(device, model.config(), model.weights(), recipe)) {
        surgeon.shoot(windows);
        int gone = 0;
        for (LinearShape down : model.config().linears()) {
          if (down.ofExpert() && down.role() == LinearRole.DOWN) {
            gone += neuronsGone(surgeon, model, down, device);
          }
        }
        assertThat(gone).isPositive();
      }
    }
  }

  /** Neurons that nobody reads; nobody makes them either. */
  private static int neuronsGone(
      LocalSurgeon surgeon, ReferenceModel model, LinearShape down, Device device) {
    double[] last = values(surgeon, down, device);
    int gone = 0;
    for (int neuron = 0; neuron < down.inputs(); neuron++) {
      boolean read = false;
      for (int row = 0; row < down.outputs(); row++) {
        read |= last[row * down.inputs() + neuron] != 0;
      }
      if (!read) {
        gone++;
        for (LinearShape layer : model.config().feedForward(down.block(), down.expert())) {
          if (layer.role() != LinearRole.DOWN) {
            double[] values = values(surgeon, layer, device);
            for (int i = 0; i < layer.inputs(); i++) {
              assertThat(values[neuron * layer.inputs() + i]).isZero();
            }
          }
        }
      }
    }
    return gone;
  }

  private static double[] values(LocalSurgeon surgeon, LinearShape layer, Device device) {
    try (Tensor weight = surgeon.load(layer.weightName(), device)) {
      return device.values(weight);
    }
  }

  @Test
  void isRefittedAndCorrected() throws Exception {
    try (ReferenceModel model = ReferenceModel.open("mixtral");
        Device device = CpuDevice.create()) {
      Recipe recipe =
          Recipe.of(
              Map.of(
                  "structures",
                  "units",
                  "sparsity",
                  0.3,
                  "shots",
                  1,
                  "reconstruct",
                  true,
                  "correct",
                  "distill"));
      int[][] windows = TinyModels.windows(model.config(), 8, 10, 1);
      try (LocalSurgeon surgeon =
          new LocalSurgeon(device, model.config(), model.weights(), recipe)) {
        LocalSurgeon.Shot shot = surgeon.shoot(windows);
        assertThat(shot.reconstruction()).isNotNull();
        assertThat(shot.correction()).isNotNull();
        assertThat(surgeon.losses(windows)[0]).isFinite();
      }
    }
  }

  /** What is gone stays gone, whatever is trained behind it. */
  @ParameterizedTest
  @CsvSource({
    "mixtral,expert,kfac,reconstruct,true",
    "qwen3-moe,'neuron,expert',kfac,correct,distill",
    "qwen2-moe,expert,nearest-kronecker,recover,distill",
    "olmoe,expert,activations,correct,cross-entropy"
  })
  void losesWholeExperts(String name, String units, String curvature, String after, String how)
      throws Exception {
    try (ReferenceModel model = ReferenceModel.open(name);
        Device device = CpuDevice.create()) {
      Map<String, Object> options = new HashMap<>(Map.of("structures", "units", "units", units));
      options.putAll(Map.of("curvature", curvature, "shots", 2));
      options.put("sparsity", units.equals("expert") ? 0.3 : 0.5);
      options.put(after, how.equals("true") ? true : how);
      if (after.equals("recover")) {
        options.put("recover-tokens", 160);
      }
      int[][] windows = TinyModels.windows(model.config(), 8, 10, 1);
      Recipe recipe = Recipe.of(options);
      try (LocalSurgeon surgeon =
          new LocalSurgeon(device, model.config(), model.weights(), recipe)) {
        LocalSurgeon.Shot last = surgeon.shoot(windows);
        last = surgeon.shoot(windows);
        int gone = 0;
        for (LayerSelection each : last.choice().layers()) {
          LinearShape layer = model.config().linears().get(each.layer());
          boolean whole = each.lines().columns().length == layer.inputs();
          if (layer.ofExpert() && layer.role() == LinearRole.DOWN && whole) {
            assertThat(values(surgeon, layer, device)).containsOnly(0);
            gone++;
          }
        }
        assertThat(gone).isPositive();
        assertThat(surgeon.losses(windows)[0]).isFinite();
      }
    }
  }

  /** Of an expert that no token of the calibration reached nothing is known. */
  @ParameterizedTest
  @CsvSource({
    "units,kfac",
    "'row,column',kfac",
    "element,kfac",
    "units,nearest-kronecker",
    "'row,column',ekfac"
  })
  void isPrunedAlsoWhereAnExpertIsNotReached(String structures, String curvature) throws Exception {
    try (ReferenceModel model = ReferenceModel.open("qwen3-moe");
        Device device = CpuDevice.create()) {
      Recipe recipe =
          Recipe.of(Map.of("structures", structures, "curvature", curvature, "sparsity", 0.3));
      int[][] windows = {{1, 1}};
      try (LocalSurgeon surgeon =
          new LocalSurgeon(device, model.config(), model.weights(), recipe)) {
        LocalSurgeon.Shot shot = surgeon.shoot(windows);
        assertThat(shot.removal().removed()).isPositive();
        assertThat(surgeon.losses(windows)[0]).isFinite();
      }
    }
  }
}
