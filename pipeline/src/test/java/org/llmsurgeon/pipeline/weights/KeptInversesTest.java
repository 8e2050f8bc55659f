package org.llmsurgeon.pipeline.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.curvature.DampedInverse;
import org.llmsurgeon.curvature.InverseStore;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.choose.ElementChoice;
import org.llmsurgeon.surgery.local.LocalFactors;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.operate.ElementTask;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.Recipe;

class KeptInversesTest {
  private static final ModelConfig CONFIG = TinyModels.llama();
  private static final WeightSource WEIGHTS = TinyModels.weights(CONFIG, 4);
  private static final LinearShape LAYER = CONFIG.linears().get(0);
  private static final Selection LINES = new Selection(new int[] {1, 2}, new int[] {0, 3});

  private final Device processor = CpuDevice.create();
  private int inversions;

  private final Device device =
      (Device)
          Proxy.newProxyInstance(
              Device.class.getClassLoader(),
              new Class<?>[] {Device.class},
              (proxy, method, arguments) -> {
                inversions += method.getName().equals("inverseFromCholesky") ? 1 : 0;
                return method.invoke(processor, arguments);
              });

  /** The factors of a shot, whose inverses stay in a store. */
  private record Source(LocalFactors factors, InverseStore inverses) implements FactorSource {
    @Override
    public Tensor load(FactorKey key, Device device) {
      return factors.load(key, device);
    }

    @Override
    public CalibrationSize size() {
      return factors.size();
    }
  }

  private LocalFactors gather(Recipe recipe) {
    LocalFactors factors = new LocalFactors(device);
    try (LanguageModel model = LanguageModel.load(CONFIG, WEIGHTS, device)) {
      List<Calibration.Data> shards =
          List.of(new Calibration.Data(TinyModels.windows(CONFIG, 12, 9, 5)));
      FactorPlan.passes(recipe.curvature()).forEach(pass -> factors.gather(model, pass, shards));
    }
    return factors;
  }

  /** Bytes that hold both inverses of the layer, one of them, or none. */
  private static long room(int inverses) {
    int larger = Math.max(LAYER.outputs(), LAYER.augmentedInputs());
    int smaller = Math.min(LAYER.outputs(), LAYER.augmentedInputs());
    return 8L * (inverses > 0 ? larger * larger : 0) + 8L * (inverses > 1 ? smaller * smaller : 0);
  }

  @ParameterizedTest
  @CsvSource({"2, 0", "1, 1", "0, 2"})
  void aCutInvertsWhatIsNotKeptOfTheScore(int kept, int again) {
    Recipe recipe = Recipe.of(Map.of("structures", "row,column"));
    try (LocalFactors factors = gather(recipe);
        KeptInverses store = new KeptInverses(room(kept))) {
      LayerTask alone = new LayerTask(device, LAYER, WEIGHTS, factors, recipe);
      LayerTask task = new LayerTask(device, LAYER, WEIGHTS, new Source(factors, store), recipe);
      double[] rows = task.score().costs().rows();
      assertThat(store.bytes()).isLessThanOrEqualTo(room(kept));
      inversions = 0;
      try (CutLayer cut = task.cut(LINES)) {
        assertThat(inversions).isEqualTo(again);
        assertThat(alone.score().costs().rows()).isEqualTo(rows);
        try (CutLayer expected = alone.cut(LINES)) {
          assertThat(values(cut)).isEqualTo(values(expected));
          assertThat(cut.report()).isEqualTo(expected.report());
        }
      }
    }
  }

  /** Conjugate gradients invert what stays of both factors besides, which no score has. */
  @ParameterizedTest
  @CsvSource({"element, 2, 2", "element, 1, 3", "element, 0, 4", "2:4, 2, 2"})
  void soDoPassesOverSingleWeights(String structures, int kept, int again) {
    Recipe recipe = Recipe.of(Map.of("structures", structures, "sparsity", 0.4));
    try (LocalFactors factors = gather(recipe);
        KeptInverses store = new KeptInverses(room(kept))) {
      ElementTask alone = new ElementTask(device, LAYER, WEIGHTS, factors, recipe);
      ElementTask task =
          new ElementTask(device, LAYER, WEIGHTS, new Source(factors, store), recipe);
      List<CostCut> cuts =
          new ElementChoice(List.of(LAYER), recipe)
              .upTo(0, 0.4, (earlier, ranges) -> counted(task, earlier, ranges))
              .cuts()
              .get(0);
      inversions = 0;
      try (CutLayer cut = task.cut(cuts)) {
        assertThat(inversions).isEqualTo(again);
        try (CutLayer expected = alone.cut(cuts)) {
          assertThat(values(cut)).isEqualTo(values(expected));
          assertThat(cut.report()).isEqualTo(expected.report());
        }
      }
    }
  }

  private static List<CostHistogram> counted(
      ElementTask task, List<List<CostCut>> earlier, List<CostRange> ranges) {
    return List.of(task.histogram(earlier.get(0), ranges.get(0)));
  }

  private double[] values(CutLayer cut) {
    try (Tensor weight = cut.weight().augmented(device)) {
      return device.values(weight);
    }
  }

  @Test
  void whatCameFirstStaysAndIsClosedWithTheStore() {
    Tensor matrix = device.zeros(Precision.DOUBLE, 3, 3);
    device.addDiagonal(matrix, 2);
    DampedInverse first = DampedInverse.of(device, "first", matrix, 0);
    DampedInverse second = DampedInverse.of(device, "second", matrix, 0);
    InverseStore.Key key = InverseStore.Key.of("G", new int[] {0, 1, 4}, 0.5);
    InverseStore.Key same = InverseStore.Key.of("G", new int[] {0, 1, 4}, 0.5);
    InverseStore.Key other = InverseStore.Key.of("G", new int[] {0, 1, 3}, 0.5);
    KeptInverses store = new KeptInverses(9 * Double.BYTES);

    assertThat(store.keep(key, first)).isTrue();
    assertThat(store.keep(key, second)).isFalse();
    assertThat(store.keep(other, second)).as("there is no room").isFalse();
    assertThat(store.find(same)).containsSame(first);
    assertThat(store.find(other)).isEmpty();

    long open = device.memory().orElseThrow().bytes();
    store.close();
    assertThat(device.memory().orElseThrow().bytes()).isEqualTo(open - 9 * Double.BYTES);
    assertThat(store.find(key)).isEmpty();
    second.close();
    matrix.close();
  }
}
