package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.ElementCosts;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorKind;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.operate.CutLayer;
import org.llmsurgeon.surgery.operate.ElementTask;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Two rounds of single weights in a layer of which a row dies in the first. */
class ElementRoundsTest {
  private static final double FIRST = 1e-8;

  private final Device device = new ReferenceDevice();
  private final TensorScope scope = new TensorScope(device);
  private final LinearShape layer = TinyModels.llama().linears().get(1);
  private final Recipe recipe =
      Recipe.of(Map.of("structures", "element", "rounds", 2, "damp-g", 0.3, "damp-a", 0.1));
  private final WeightSource weights = new OneLayer();
  private final FactorSource factors = new RandomFactors();

  @AfterEach
  void close() {
    scope.close();
    device.close();
  }

  /** Row 0 has hardly any weights. */
  private final class OneLayer implements WeightSource {
    @Override
    public boolean contains(String name) {
      return name.equals(layer.weightName());
    }

    @Override
    public int[] shape(String name) {
      return new int[] {layer.outputs(), layer.inputs()};
    }

    @Override
    public Tensor load(String name, Device target) {
      double[] values = new Random(3).doubles((long) layer.outputs() * layer.inputs()).toArray();
      for (int column = 0; column < layer.inputs(); column++) {
        values[column] *= 1e-6;
      }
      return target.tensor(Precision.SINGLE, layer.outputs(), layer.inputs(), values);
    }
  }

  /** The gradient of row 0 is so large that it is most of the mean of the diagonal. */
  private static final class RandomFactors implements FactorSource {
    @Override
    public Tensor load(FactorKey key, Device target) {
      int size = key.size();
      Random random = new Random(key.kind().ordinal());
      double[] x = random.doubles((long) size * size, -1, 1).toArray();
      double[] matrix = new double[size * size];
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          for (int k = 0; k < size; k++) {
            matrix[i * size + j] += x[i * size + k] * x[j * size + k] / size;
          }
        }
      }
      matrix[0] += key.kind() == FactorKind.G ? 50 : 0;
      return target.tensor(Precision.SINGLE, size, size, matrix);
    }

    @Override
    public CalibrationSize size() {
      return new CalibrationSize(100, 10);
    }
  }

  @Test
  void dampingStaysThatOfTheFirstRound() {
    KroneckerFactors curvature =
        new LayerTask(device, layer, weights, factors, recipe).curvature(scope);
    double[] diagonal = device.diagonal(curvature.g());
    double before = Arrays.stream(diagonal).average().orElseThrow();
    double after = Arrays.stream(diagonal).skip(1).average().orElseThrow();
    Damping asked = recipe.damping();
    Tensor start = scope.own(weights.load(layer.weightName(), device));
    Tensor first = cut(start, curvature, asked, new CostCut(FIRST, 0));

    Damping sameConstant = new Damping(asked.g() * before / after, asked.a());
    CostCut second = new CostCut(median(first, curvature, sameConstant), 0);
    double[] expected = device.values(cut(first, curvature, sameConstant, second));
    double[] recomputed = device.values(cut(first, curvature, asked, second));
    CutLayer cut =
        new ElementTask(device, layer, weights, factors, recipe)
            .cut(List.of(new CostCut(FIRST, 0), second));
    double[] actual = device.values(scope.own(cut.weight().weight()));
    assertThat(Arrays.copyOf(actual, layer.inputs())).containsOnly(0);
    Tolerances.assertClose("weight", actual, expected, 1e-6);
    double difference = 0;
    for (int i = 0; i < actual.length; i++) {
      difference = Math.max(difference, Math.abs(expected[i] - recomputed[i]));
    }
    assertThat(difference).isGreaterThan(1e-2);
  }

  private Tensor cut(Tensor weight, KroneckerFactors curvature, Damping damping, CostCut cut) {
    try (ElementSurgery surgery =
        new ElementSurgery(device, layer.name(), weight, curvature, damping)) {
      return scope.own(
          surgery.cut(costs(surgery, weight).select(cut), recipe.elements().update()).weight());
    }
  }

  private double median(Tensor weight, KroneckerFactors curvature, Damping damping) {
    try (ElementSurgery surgery =
            new ElementSurgery(device, layer.name(), weight, curvature, damping);
        Tensor costs = costs(surgery, weight).matrix(Precision.DOUBLE)) {
      double[] sorted = Arrays.stream(device.values(costs)).sorted().toArray();
      return (sorted[sorted.length / 2] + sorted[sorted.length / 2 - 1]) / 2;
    }
  }

  private ElementCosts costs(ElementSurgery surgery, Tensor weight) {
    PrunableLayer prunable = new PrunableLayer(layer.name(), weight, false);
    return ElementCosts.of(device, prunable, surgery.curvature(CostKind.OBS), false);
  }
}
