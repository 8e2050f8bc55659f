package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Choice;
import org.llmsurgeon.SharedData;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.pruning.element.CheapestElements;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostMatrix;
import org.llmsurgeon.pruning.element.ElementCosts;
import org.llmsurgeon.pruning.element.ElementCut;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.pruning.element.ElementThreshold;
import org.llmsurgeon.pruning.element.PatternCosts;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;
import org.llmsurgeon.surgery.local.LayeredWeights;
import org.llmsurgeon.surgery.operate.LayerWeight;

/** Single weights and 2:4 groups in one shot against the authors' program, on its factors. */
@Tag(SharedData.TAG)
class ElementGoldenTest {
  private static final Damping COSTS = new Damping(0.01, 0.01);
  private static final Damping SHOT = new Damping(0.1, 0.01);
  private static final ElementUpdate AUTHORS = new ElementUpdate.Grouped(2000, true);

  /** A layer with the authors' factors. */
  private record Layer(LinearShape shape, Tensor weight, ElementSurgery surgery) {
    ElementCosts elements(Device device, CostKind kind) {
      return ElementCosts.of(
          device,
          new PrunableLayer(shape.name(), weight, shape.bias()),
          surgery.curvature(kind),
          false);
    }

    PatternCosts groups(Device device, SparsityPattern pattern) {
      return PatternCosts.independent(
          device,
          new PrunableLayer(shape.name(), weight, shape.bias()),
          pattern,
          surgery.curvature(CostKind.OBS));
    }
  }

  static Stream<Arguments> costFiles() {
    return Stream.of(GoldenTest.Model.values())
        .flatMap(model -> Stream.of(CostKind.values()).map(kind -> Arguments.of(model, kind)));
  }

  @ParameterizedTest
  @MethodSource("costFiles")
  void costsOfWeightsAreTheAuthors(GoldenTest.Model which, CostKind kind) throws IOException {
    try (GoldenCase golden = which.open();
        TensorScope scope = new TensorScope(golden.device);
        Safetensors expected = golden.golden("costs_" + Choice.name(kind) + ".safetensors")) {
      for (Layer layer : layers(golden, scope, COSTS)) {
        Tensor costs = scope.own(layer.elements(golden.device, kind).matrix(Precision.DOUBLE));
        double[] actual = golden.device.values(costs);
        double[] right = golden.values(expected, layer.shape().name() + ".element");
        assertThat(actual.length).isEqualTo(right.length);
        for (int i = 0; i < right.length; i++) {
          assertThat(actual[i])
              .as("%s[%d]", layer.shape().name(), i)
              .isCloseTo(right[i], within(1e-3 * right[i]));
        }
        layer.surgery().close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(GoldenTest.Model.class)
  void thirtyPercentOfTheWeightsAreTheAuthors(GoldenTest.Model which) throws IOException {
    try (GoldenCase golden = which.open();
        TensorScope scope = new TensorScope(golden.device)) {
      List<Layer> layers = layers(golden, scope, SHOT);
      List<CostMatrix> costs = new ArrayList<>();
      layers.forEach(each -> costs.add(each.elements(golden.device, CostKind.OBS)));
      long total = layers.stream().mapToLong(each -> each.shape().weights()).sum();
      long count = ElementThreshold.count(0.3, total);
      assertShot(golden, "element_30", layers, costs, count, shape -> true);
    }
  }

  @Test
  void halfOfTheGroupsOfFourAreTheAuthors() throws IOException {
    SparsityPattern pattern = SparsityPattern.parse("2:4");
    try (GoldenCase golden = GoldenTest.Model.OPT_CHAR.open();
        TensorScope scope = new TensorScope(golden.device)) {
      List<Layer> layers = layers(golden, scope, SHOT);
      List<CostMatrix> costs = new ArrayList<>();
      layers.forEach(each -> costs.add(each.groups(golden.device, pattern)));
      long groups = costs.stream().mapToLong(CostMatrix::weights).sum() / pattern.removed();
      // Theirs do not line up where the bias column is dead
      Predicate<LinearShape> aligned =
          shape ->
              shape.role() == LinearRole.OUTPUT
                  || shape.role() == LinearRole.UP
                  || shape.role() == LinearRole.DOWN;
      assertShot(
          golden,
          "2_4_25",
          layers,
          costs,
          pattern.removed() * pattern.groups(0.25, groups),
          aligned);
    }
  }

  /** They take one candidate more; the layer it lies in is compared by its mask alone. */
  private static void assertShot(
      GoldenCase golden,
      String run,
      List<Layer> layers,
      List<CostMatrix> costs,
      long count,
      Predicate<LinearShape> compared)
      throws IOException {
    ElementThreshold.Found found = CheapestElements.select(costs, count);
    assertThat(found.removed()).isEqualTo(count);
    long more = 0;
    try (Safetensors expected = golden.golden("weights_" + run + ".safetensors")) {
      for (int i = 0; i < layers.size(); i++) {
        Layer layer = layers.get(i);
        ElementMask mask = costs.get(i).select(found.cuts().get(i));
        if (compared.test(layer.shape())) {
          more += assertLayer(golden, layer, mask, expected);
        }
        layer.surgery().close();
      }
    }
    assertThat(more).as("weights that only the authors remove").isLessThanOrEqualTo(2);
  }

  private static long assertLayer(
      GoldenCase golden, Layer layer, ElementMask mask, Safetensors expected) {
    double[] right = expectedWeight(golden, expected, layer.shape());
    int width = layer.shape().augmentedInputs();
    try (Tensor theirs =
            golden.device.tensor(Precision.DOUBLE, layer.shape().outputs(), width, right);
        Tensor cut = layer.surgery().cut(mask, AUTHORS).weight()) {
      ElementMask theirMask = ElementMask.ofZeros(golden.device, theirs);
      assertThat(theirMask.contains(mask)).as(layer.shape().name()).isTrue();
      if (theirMask.equals(mask)) {
        assertThat(distance(golden.device.values(cut), right))
            .as(layer.shape().name())
            .isLessThan(1e-3 * distance(new double[right.length], right));
      }
      return theirMask.count() - mask.count();
    }
  }

  @ParameterizedTest
  @EnumSource(GoldenTest.Model.class)
  void theFullUpdateIsBetterThanGroupsInEveryLayerOfABlock(GoldenTest.Model which)
      throws IOException {
    try (GoldenCase golden = which.open();
        TensorScope scope = new TensorScope(golden.device)) {
      for (Layer layer : layers(golden, scope, SHOT)) {
        if (layer.shape().block() == 0) {
          assertFullIsBetter(golden.device, layer);
        }
        layer.surgery().close();
      }
    }
  }

  private static void assertFullIsBetter(Device device, Layer layer) {
    ElementCosts costs = layer.elements(device, CostKind.OBS);
    long count = layer.shape().weights() / 2;
    ElementMask mask = costs.select(CheapestElements.select(List.of(costs), count).cuts().get(0));
    ElementCut full = layer.surgery().cut(mask, ElementUpdate.Full.DEFAULT);
    ElementCut grouped = layer.surgery().cut(mask, new ElementUpdate.Grouped(500, true));
    try (Tensor ours = full.weight();
        Tensor theirs = grouped.weight()) {
      assertThat(layer.surgery().quadraticCost(ours))
          .as(layer.shape().name())
          .isLessThan(layer.surgery().quadraticCost(theirs));
    }
    assertThat(full.converged()).as(layer.shape().name()).isTrue();
  }

  /** Steps and the cost above the optimum, in every layer. */
  @ParameterizedTest
  @EnumSource(GoldenTest.Model.class)
  void theFullUpdateEndsCloseToTheOptimum(GoldenTest.Model which) throws IOException {
    long steps = 0;
    try (GoldenCase golden = which.open();
        TensorScope scope = new TensorScope(golden.device)) {
      List<Layer> layers = layers(golden, scope, SHOT);
      for (Layer layer : layers) {
        ElementCosts costs = layer.elements(golden.device, CostKind.OBS);
        long half = layer.shape().weights() / 2;
        ElementMask mask =
            costs.select(CheapestElements.select(List.of(costs), half).cuts().get(0));
        ElementCut cut = layer.surgery().cut(mask, ElementUpdate.Full.DEFAULT);
        ElementCut best = layer.surgery().cut(mask, new ElementUpdate.Full(1e-7, 0, 1000));
        double optimum = layer.surgery().quadraticCost(scope.own(best.weight()));
        assertThat(layer.surgery().quadraticCost(scope.own(cut.weight())))
            .as("%s after %d steps", layer.shape().name(), cut.steps())
            .isBetween(optimum * (1 - 1e-9), optimum * 1.002);
        assertThat(cut.steps()).as(layer.shape().name()).isLessThan(120);
        steps += cut.steps();
        layer.surgery().close();
      }
      assertThat(steps).isLessThan(35L * layers.size());
    }
  }

  /**
   * Half of the weights under one threshold, which takes 92 % of a layer of the OPT: solves end
   * within 0.5 % of the optimum of the quadratic, and what they give in loss is what the optimum
   * gives. So where it is much, it is the choice of the weights, or the quadratic itself.
   */
  @ParameterizedTest
  @EnumSource(GoldenTest.Model.class)
  void whatTheFullUpdateGivesIsWhatTheOptimumGives(GoldenTest.Model which) throws IOException {
    try (GoldenCase golden = which.open();
        TensorScope scope = new TensorScope(golden.device)) {
      List<Layer> layers = layers(golden, scope, SHOT);
      List<ElementCosts> costs = new ArrayList<>();
      layers.forEach(each -> costs.add(each.elements(golden.device, CostKind.OBS)));
      long total = layers.stream().mapToLong(each -> each.shape().weights()).sum();
      List<CostCut> cuts = CheapestElements.select(costs, total / 2).cuts();
      Map<String, LayerWeight> ours = new HashMap<>();
      Map<String, LayerWeight> optimal = new HashMap<>();
      for (int i = 0; i < layers.size(); i++) {
        Layer layer = layers.get(i);
        ElementMask mask = costs.get(i).select(cuts.get(i));
        Tensor cut = scope.own(layer.surgery().cut(mask, ElementUpdate.Full.DEFAULT).weight());
        Tensor best =
            scope.own(layer.surgery().cut(mask, new ElementUpdate.Full(1e-7, 0, 1000)).weight());
        double optimum = layer.surgery().quadraticCost(best);
        assertThat(layer.surgery().quadraticCost(cut))
            .as(layer.shape().name())
            .isBetween(optimum * (1 - 1e-9), optimum * 1.005);
        ours.put(layer.shape().name(), LayerWeight.split(golden.device, layer.shape(), cut));
        optimal.put(layer.shape().name(), LayerWeight.split(golden.device, layer.shape(), best));
        layer.surgery().close();
      }
      double given = perplexity(golden, ours);
      double atOptimum = perplexity(golden, optimal);
      assertThat(given).isCloseTo(atOptimum, within(0.01 * atOptimum));
    }
  }

  private static double perplexity(GoldenCase golden, Map<String, LayerWeight> changed)
      throws IOException {
    LayeredWeights weights = new LayeredWeights(golden.source(), changed);
    try (LanguageModel model = LanguageModel.load(golden.config, weights, golden.device)) {
      return Objective.NEXT_TOKEN.score(model.losses(golden.test));
    } finally {
      changed.values().forEach(LayerWeight::close);
    }
  }

  private static List<Layer> layers(GoldenCase golden, TensorScope scope, Damping damping)
      throws IOException {
    List<Layer> layers = new ArrayList<>();
    try (Safetensors factors = golden.golden("factors.safetensors")) {
      for (LinearShape shape : golden.config.linears()) {
        try (LayerWeight weight = LayerWeight.load(golden.device, shape, golden.source())) {
          Tensor all = scope.own(weight.augmented(golden.device));
          KroneckerFactors given =
              new KroneckerFactors(
                  scope.own(factors.load(shape.name() + ".A", golden.device)),
                  scope.own(factors.load(shape.name() + ".G", golden.device)),
                  1);
          ElementSurgery surgery =
              new ElementSurgery(golden.device, shape.name(), all, given, damping);
          layers.add(new Layer(shape, all, surgery));
        }
      }
    }
    return layers;
  }

  /** The authors' weight, with the bias as last column. */
  private static double[] expectedWeight(
      GoldenCase golden, Safetensors expected, LinearShape shape) {
    double[] weight = golden.values(expected, shape.weightName());
    if (!shape.bias()) {
      return weight;
    }
    double[] bias = golden.values(expected, shape.biasName());
    int inputs = shape.inputs();
    double[] all = new double[weight.length + bias.length];
    for (int row = 0; row < shape.outputs(); row++) {
      System.arraycopy(weight, row * inputs, all, row * (inputs + 1), inputs);
      all[row * (inputs + 1) + inputs] = bias[row];
    }
    return all;
  }

  private static double distance(double[] x, double[] y) {
    double squares = 0;
    for (int i = 0; i < x.length; i++) {
      squares += (x[i] - y[i]) * (x[i] - y[i]);
    }
    return Math.sqrt(squares);
  }
}
