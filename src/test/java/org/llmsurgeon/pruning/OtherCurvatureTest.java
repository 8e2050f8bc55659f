package org.llmsurgeon.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.CurvatureOperator;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.EigenBases;
import org.llmsurgeon.curvature.EigenBasis;
import org.llmsurgeon.curvature.EigenCurvature;
import org.llmsurgeon.curvature.KroneckerSum;
import org.llmsurgeon.curvature.KroneckerTerm;
import org.llmsurgeon.pruning.element.ElementCosts;
import org.llmsurgeon.pruning.element.ElementCut;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * Costs and cuts under curvatures that are no Kronecker product, against the matrix written out.
 */
class OtherCurvatureTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);
  private static final ElementUpdate.Full EXACT = new ElementUpdate.Full(1e-13, 0, 1000);

  private static final int[] LIVE_ROWS = {0, 2, 3};
  private static final int[] LIVE_COLUMNS = {1, 2, 3, 4};

  private final Device device = CpuDevice.create();
  private final RandomLayer layer = withDead(RandomLayer.of(new Random(1), 4, 5));

  /** Row 1 has no gradient, column 0 no activation. */
  private static RandomLayer withDead(RandomLayer layer) {
    for (int i = 0; i < 4; i++) {
      layer.g()[1][i] = 0;
      layer.g()[i][1] = 0;
    }
    for (int i = 0; i < 5; i++) {
      layer.a()[0][i] = 0;
      layer.a()[i][0] = 0;
    }
    return layer;
  }

  /** A curvature, made from a layer's live factors. */
  private interface Kind {
    EigenCurvature of(TensorScope scope, ElementSurgery surgery);
  }

  static Stream<Kind> kinds() {
    return Stream.of(OtherCurvatureTest::ekfac, OtherCurvatureTest::kroneckerSum);
  }

  private static EigenCurvature ekfac(TensorScope scope, ElementSurgery surgery) {
    Device device = scope.device();
    double[] corrected = new Random(2).doubles(12, 0.1, 9).toArray();
    Tensor values = scope.own(device.tensor(Precision.DOUBLE, 3, 4, corrected));
    try (EigenBasis basis = EigenBases.of(device, surgery.liveFactors())) {
      return EigenCurvature.ekfac(device, "layer 1", basis, values, DAMPING);
    }
  }

  private static EigenCurvature kroneckerSum(TensorScope scope, ElementSurgery surgery) {
    KroneckerTerm first = new KroneckerTerm(surgery.liveFactors().g(), surgery.liveFactors().a());
    return EigenCurvature.kroneckerSum(scope.device(), "layer 1", first, term(scope, 3), DAMPING);
  }

  private static KroneckerTerm term(TensorScope scope, int seed) {
    RandomLayer other = RandomLayer.of(new Random(seed), 3, 4);
    return new KroneckerTerm(
        RandomLayer.tensor(scope, other.g()), RandomLayer.tensor(scope, other.a()));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void weightsRowsAndColumnsCostTheirCheapestRemoval(Kind kind) {
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope);
        EigenCurvature curvature = kind.of(scope, surgery)) {
      DenseQuadratic quadratic = dense(curvature);
      Tensor along = scope.own(surgery.elementCurvature(curvature));
      PrunableLayer of =
          new PrunableLayer("layer 1", RandomLayer.tensor(scope, layer.weight()), false);
      double[] elements =
          device.values(
              scope.own(ElementCosts.of(device, of, along, false).matrix(Precision.DOUBLE)));
      StructureCosts lines = surgery.costs(curvature);
      double[] expected = new double[20];
      double[] rows = new double[4];
      double[] columns = new double[5];
      for (int i = 0; i < 12; i++) {
        int at = i;
        int row = LIVE_ROWS[i / 4];
        int column = LIVE_COLUMNS[i % 4];
        expected[row * 5 + column] = cost(quadratic, j -> j == at);
        rows[row] = cost(quadratic, j -> j / 4 == at / 4);
        columns[column] = cost(quadratic, j -> j % 4 == at % 4);
      }
      assertClose("costs of weights", elements, expected, 1e-9);
      assertClose("costs of rows", lines.rows(), rows, 1e-9);
      assertClose("costs of columns", lines.columns(), columns, 1e-9);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theCutIsTheCheapestOfAll(Kind kind) {
    Random random = new Random(4);
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope);
        EigenCurvature curvature = kind.of(scope, surgery)) {
      for (int trial = 0; trial < 10; trial++) {
        assertCut(scope, surgery, curvature, randomMask(random));
      }
      Selection selection = new Selection(new int[] {2}, new int[] {1, 4});
      assertCut(scope, surgery, curvature, ElementMask.of(selection, 4, 5));
    }
  }

  @Test
  void aSumOfThreeTermsIsCutWithTwoAsPreconditioner() {
    try (TensorScope scope = new TensorScope(device);
        ElementSurgery surgery = surgery(scope)) {
      KroneckerTerm first = new KroneckerTerm(surgery.liveFactors().g(), surgery.liveFactors().a());
      List<KroneckerTerm> terms = List.of(first, term(scope, 5), term(scope, 6));
      try (KroneckerSum sum = new KroneckerSum(device, "layer 1", terms, DAMPING)) {
        assertCut(scope, surgery, sum, randomMask(new Random(7)));
      }
    }
  }

  private void assertCut(
      TensorScope scope, ElementSurgery surgery, CurvatureOperator curvature, ElementMask mask) {
    DenseQuadratic quadratic = dense(curvature);
    boolean[] removed = new boolean[12];
    for (int i = 0; i < 12; i++) {
      removed[i] = mask.removed(LIVE_ROWS[i / 4], LIVE_COLUMNS[i % 4]);
    }
    double[] change = quadratic.cheapestRemoval(liveWeight(), removed);
    double[] expected = layer.flatWeight();
    for (int i = 0; i < 12; i++) {
      expected[LIVE_ROWS[i / 4] * 5 + LIVE_COLUMNS[i % 4]] += change[i];
    }
    for (int i = 0; i < 20; i++) {
      expected[i] = mask.removed(i / 5, i % 5) ? 0 : expected[i];
    }
    ElementCut cut = surgery.cut(mask, curvature, EXACT);
    scope.own(cut.weight());
    assertThat(cut.converged()).isTrue();
    assertClose("weight", device.values(cut.weight()), expected, 1e-8);
    assertClose(
        "cost", surgery.quadraticCost(cut.weight(), curvature), quadratic.cost(change), 1e-8);
  }

  private ElementMask randomMask(Random random) {
    ElementMask mask = new ElementMask(4, 5);
    for (int i = 0; i < 20; i++) {
      if (random.nextInt(3) == 0) {
        mask.remove(i / 5, i % 5);
      }
    }
    return mask;
  }

  private double cost(DenseQuadratic quadratic, IntPredicate goes) {
    boolean[] removed = new boolean[12];
    IntStream.range(0, 12).forEach(i -> removed[i] = goes.test(i));
    return quadratic.cost(quadratic.cheapestRemoval(liveWeight(), removed));
  }

  private double[] liveWeight() {
    return Arrays.stream(LIVE_ROWS)
        .mapToObj(r -> Arrays.stream(LIVE_COLUMNS).mapToDouble(c -> layer.weight()[r][c]))
        .flatMapToDouble(row -> row)
        .toArray();
  }

  /** The curvature over the live weights, column by column. */
  private DenseQuadratic dense(CurvatureOperator curvature) {
    double[][] matrix = new double[12][];
    for (int i = 0; i < 12; i++) {
      double[] unit = new double[12];
      unit[i] = 1;
      try (Tensor x = device.tensor(Precision.DOUBLE, 3, 4, unit);
          Tensor into = device.empty(Precision.DOUBLE, 3, 4)) {
        curvature.times(x, into);
        matrix[i] = device.values(into);
      }
    }
    return new DenseQuadratic(matrix);
  }

  private ElementSurgery surgery(TensorScope scope) {
    ElementSurgery surgery =
        new ElementSurgery(
            device,
            "layer 1",
            RandomLayer.tensor(scope, layer.weight()),
            layer.factors(scope, CurvatureKind.KFAC),
            DAMPING);
    assertThat(surgery.liveRows()).isEqualTo(LIVE_ROWS);
    assertThat(surgery.liveColumns()).isEqualTo(LIVE_COLUMNS);
    return surgery;
  }
}
