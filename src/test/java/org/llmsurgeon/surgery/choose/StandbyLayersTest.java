package org.llmsurgeon.surgery.choose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.curvature.FactorOutline;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Layers whose rows leave since nobody reads them: no more than an outline is read of theirs. */
class StandbyLayersTest {
  private static final ModelConfig CONFIG = TinyModels.llama();
  private static final WeightSource WEIGHTS = TinyModels.weights(CONFIG, 4);
  private static final Recipe RECIPE = Recipe.of(Map.of("preset", "loadable"));
  private static final LinearShape GATE = CONFIG.linear(0, LinearRole.GATE);
  private static final Selection FREE =
      new Selection(new int[] {1, 4}, new int[0], new int[] {1, 4});
  private static final Selection READ = new Selection(new int[] {1, 4}, new int[0], new int[] {1});

  private final Device device = CpuDevice.create();
  private final List<String> whole = new ArrayList<>();
  private final LocalFactors factors = gather();

  /** Notes which factors were asked for as a whole. */
  private final FactorSource watched =
      new FactorSource() {
        @Override
        public Tensor load(FactorKey key, Device target) {
          whole.add(key.label());
          return factors.load(key, target);
        }

        @Override
        public FactorOutline outline(FactorKey key, Device target) {
          return factors.outline(key, target);
        }

        @Override
        public CalibrationSize size() {
          return factors.size();
        }
      };

  private LocalFactors gather() {
    LocalFactors gathered = new LocalFactors(device);
    try (LanguageModel model = LanguageModel.load(CONFIG, WEIGHTS, device)) {
      List<Calibration.Data> shards =
          List.of(new Calibration.Data(TinyModels.windows(CONFIG, 12, 9, 5)));
      FactorPlan.passes(RECIPE.curvature()).forEach(pass -> gathered.gather(model, pass, shards));
    }
    return gathered;
  }

  @AfterEach
  void close() {
    factors.close();
  }

  @Test
  void aPathReadsTheFactorsOfWhatItCosts() {
    for (UnitPlan.Planned planned : UnitPlan.of(CONFIG, RECIPE).groups()) {
      whole.clear();
      GroupTask task = new GroupTask(device, planned, WEIGHTS, watched, RECIPE);
      GroupScore score = task.path(new PathOptions(1, 1, Double.POSITIVE_INFINITY));
      assertThat(score.path().length()).isPositive();
      LinearShape costed = planned.shapes().get(planned.shapes().size() - 1);
      Set<String> needed = new TreeSet<>();
      needed.add(FactorPlan.g(costed).label());
      needed.add(FactorPlan.a(costed).label());
      if (costed.role() == LinearRole.DOWN) {
        // The floor under its neurons is made of what the gate reads.
        needed.add(FactorPlan.a(CONFIG.linear(costed.block(), LinearRole.GATE)).label());
      }
      assertThat(whole).containsExactlyInAnyOrderElementsOf(needed);
    }
  }

  @Test
  void aCutOfWhatNobodyReadsIsTheSameWithLess() {
    LayerTask task = new LayerTask(device, GATE, WEIGHTS, watched, RECIPE);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery working = task.open(scope, true);
        LayerSurgery standing = task.open(scope, false);
        CutLayer cut = task.cut(FREE)) {
      assertThat(whole).as("both factors, once").hasSize(2);
      Tensor expected = scope.own(working.cut(FREE, UpdateKind.JOINT));
      Tensor least = scope.own(standing.cut(FREE, UpdateKind.JOINT));
      assertThat(device.values(least)).isEqualTo(device.values(expected));
      assertThat(cut.report().quadraticCost()).isZero();
      for (int side = 0; side < 2; side++) {
        FactorHealth more = working.health().get(side);
        FactorHealth less = standing.health().get(side);
        assertThat(less.factor()).isEqualTo(more.factor());
        assertThat(less.dead()).isEqualTo(more.dead());
        assertClose("trace", less.diagonal().sum(), more.diagonal().sum(), 1e-12);
        assertClose("damping", less.damping(), more.damping(), 1e-12);
      }
    }
  }

  @Test
  void aRowThatOthersReadNeedsAll() {
    LayerTask task = new LayerTask(device, GATE, WEIGHTS, watched, RECIPE);
    try (TensorScope scope = new TensorScope(device);
        LayerSurgery standing = task.open(scope, false);
        CutLayer cut = task.cut(READ)) {
      assertThat(whole).as("both factors, once").hasSize(2);
      assertThat(cut.report().quadraticCost()).isPositive();
      assertThatThrownBy(() -> standing.cut(READ, UpdateKind.JOINT))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("only the outline was read");
    }
  }
}
