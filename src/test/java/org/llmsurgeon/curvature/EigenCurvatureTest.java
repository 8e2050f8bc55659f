package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.accumulate.EigenvalueAccumulator;
import org.llmsurgeon.curvature.accumulate.Means;
import org.llmsurgeon.curvature.accumulate.TokenShape;

class EigenCurvatureTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);
  private static final Damping NONE = new Damping(0, 0);

  static List<Arguments> devices() {
    return List.of(
        Arguments.of(new ReferenceDevice(), Precision.DOUBLE),
        Arguments.of(CpuDevice.create(), Precision.DOUBLE),
        Arguments.of(CpuDevice.create(), Precision.SINGLE));
  }

  @ParameterizedTest
  @MethodSource("devices")
  void correctedEigenvaluesAreMeansOfSquaredProjections(Device device, Precision precision) {
    for (boolean bias : new boolean[] {false, true}) {
      TokenSample sample = TokenSample.random(new Random(1), 30, 3, 4, bias);
      try (TensorScope scope = new TensorScope(device);
          EigenBasis basis = EigenBases.of(device, sample.factors(scope));
          EigenvalueAccumulator sum = accumulator(device, basis, sample);
          EigenvalueAccumulator merged = accumulator(device, basis, sample)) {
        sum.add(sample.inputs(scope, precision), sample.gradients(scope, precision));
        for (int from = 0; from < 30; from += 10) {
          TokenSample part = sample.part(from, from + 10);
          try (EigenvalueAccumulator shard = accumulator(device, basis, part)) {
            shard.add(part.inputs(scope, precision), part.gradients(scope, precision));
            device.add(1, shard.sum(), merged.sum());
          }
        }
        double[] expected = byDefinition(device, basis, sample);
        double tolerance = 10 * Tolerances.of(precision).product();
        for (EigenvalueAccumulator each : List.of(sum, merged)) {
          assertClose(
              "s", device.values(scope.own(Means.of(device, each.sum(), 30))), expected, tolerance);
        }
      }
    }
  }

  private static double[] byDefinition(Device device, EigenBasis basis, TokenSample sample) {
    double[] g = device.values(basis.g());
    double[] a = device.values(basis.a());
    int out = sample.outputs();
    int in = sample.inputs();
    double[] mean = new double[out * in];
    for (int t = 0; t < sample.a().length; t++) {
      for (int i = 0; i < mean.length; i++) {
        double alongG = dot(g, i / in * out, sample.g()[t]);
        double alongA = dot(a, i % in * in, sample.a()[t]);
        mean[i] += alongG * alongG * alongA * alongA / sample.a().length;
      }
    }
    return mean;
  }

  private static double dot(double[] rows, int at, double[] vector) {
    double sum = 0;
    for (int i = 0; i < vector.length; i++) {
      sum += rows[at + i] * vector[i];
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("devices")
  void withoutCorrectionItIsTheDampedKroneckerProduct(Device device, Precision precision) {
    TokenSample sample = TokenSample.random(new Random(2), 12, 3, 4, true);
    try (TensorScope scope = new TensorScope(device);
        EigenBasis basis = EigenBases.of(device, sample.factors(scope));
        EigenCurvature curvature = EigenBases.kfac(device, basis, DAMPING)) {
      KroneckerFactors factors = sample.factors(scope);
      try (DampedInverse g = DampedInverse.of(device, "G", factors.g(), DAMPING.g());
          DampedInverse a = DampedInverse.of(device, "A", factors.a(), DAMPING.a())) {
        double[][] inverse = TokenSample.product(device, new KroneckerTerm(g.matrix(), a.matrix()));
        double[][] solve = TokenSample.matrix(device, 3, 5, curvature::solve);
        assertClose("F^-1", TokenSample.flat(solve), TokenSample.flat(inverse), 1e-9);
        device.addDiagonal(factors.g(), g.constant());
        device.addDiagonal(factors.a(), a.constant());
        double[][] product =
            TokenSample.product(device, new KroneckerTerm(factors.g(), factors.a()));
        double[][] times = TokenSample.matrix(device, 3, 5, curvature::times);
        assertClose("F", TokenSample.flat(times), TokenSample.flat(product), 1e-12);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void independentSidesNeedNoCorrection(Device device, Precision precision) {
    TokenSample sample = TokenSample.product(new Random(3), 5, 3, 4);
    try (TensorScope scope = new TensorScope(device);
        EigenBasis basis = EigenBases.of(device, sample.factors(scope));
        EigenCurvature kfac = EigenBases.kfac(device, basis, DAMPING);
        EigenCurvature ekfac = corrected(scope, basis, sample, DAMPING)) {
      double[][] expected = TokenSample.matrix(device, 3, 4, kfac::times);
      double[][] actual = TokenSample.matrix(device, 3, 4, ekfac::times);
      assertClose("F", TokenSample.flat(actual), TokenSample.flat(expected), 1e-11);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theCorrectionIsTheClosestDiagonalSoCloserThanKfac(Device device, Precision precision) {
    TokenSample sample = TokenSample.random(new Random(4), 40, 3, 3, false);
    double[][] fisher = sample.fisher();
    try (TensorScope scope = new TensorScope(device);
        EigenBasis basis = EigenBases.of(device, sample.factors(scope));
        EigenCurvature kfac = EigenBases.kfac(device, basis, NONE);
        EigenCurvature ekfac = corrected(scope, basis, sample, NONE)) {
      double[][] rough = TokenSample.matrix(device, 3, 3, kfac::times);
      double[][] better = TokenSample.matrix(device, 3, 3, ekfac::times);
      double distance = TokenSample.distance(better, fisher);
      assertThat(distance).isLessThan(0.99 * TokenSample.distance(rough, fisher));
      for (double factor : new double[] {0.99, 1.01}) {
        try (Tensor other = mean(device, scope, basis, sample)) {
          device.scale(factor, other.rowRange(2, 3));
          try (EigenCurvature moved = EigenCurvature.ekfac(device, "fc1", basis, other, NONE)) {
            double[][] worse = TokenSample.matrix(device, 3, 3, moved::times);
            assertThat(TokenSample.distance(worse, fisher)).isGreaterThan(distance);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aSpreadBasisIgnoresDeadRowsAndColumns(Device device, Precision precision) {
    TokenSample sample = TokenSample.random(new Random(5), 20, 2, 3, false);
    double[][] a = new double[20][5];
    double[][] g = new double[20][4];
    int[] rows = {1, 3};
    int[] columns = {0, 2, 4};
    Random random = new Random(6);
    for (int t = 0; t < 20; t++) {
      g[t] = random.doubles(4).toArray();
      a[t] = random.doubles(5).toArray();
      for (int i = 0; i < 2; i++) {
        g[t][rows[i]] = sample.g()[t][i];
      }
      for (int j = 0; j < 3; j++) {
        a[t][columns[j]] = sample.a()[t][j];
      }
    }
    TokenSample wide = new TokenSample(a, g, false);
    try (TensorScope scope = new TensorScope(device);
        EigenBasis basis = EigenBases.of(device, sample.factors(scope));
        EigenBasis spread = spread(device, basis, rows, 4, columns, 5)) {
      double[] expected = device.values(scope.own(mean(device, scope, basis, sample)));
      double[] actual = device.values(scope.own(mean(device, scope, spread, wide)));
      assertClose("s", actual, expected, 1e-12);
    }
  }

  /** The same eigenvectors over all of a layer, dead rows and columns counted. */
  private static EigenBasis spread(
      Device device, EigenBasis basis, int[] rows, int outputs, int[] columns, int inputs) {
    Tensor wideG = device.zeros(Precision.DOUBLE, rows.length, outputs);
    device.scatter(basis.g(), null, rows, wideG);
    Tensor wideA = device.zeros(Precision.DOUBLE, columns.length, inputs);
    device.scatter(basis.a(), null, columns, wideA);
    return new EigenBasis(wideG, basis.valuesG(), wideA, basis.valuesA());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatDoesNotFitOrHasNoInverseIsRefused(Device device, Precision precision) {
    TokenSample sample = TokenSample.random(new Random(7), 2, 3, 4, true);
    try (TensorScope scope = new TensorScope(device);
        EigenBasis basis = EigenBases.of(device, sample.factors(scope));
        EigenvalueAccumulator sum = accumulator(device, basis, sample)) {
      Tensor a = sample.inputs(scope, precision);
      Tensor g = sample.gradients(scope, precision);
      assertThatIllegalArgumentException().isThrownBy(() -> sum.add(g, a));
      assertThatIllegalArgumentException().isThrownBy(() -> sum.add(a.rowRange(0, 1), g));
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new EigenvalueAccumulator(
                      device, basis.g(), basis.a(), new TokenShape(4, false)));
      Tensor nothing = scope.zeros(Precision.DOUBLE, 3, 5);
      assertThatThrownBy(() -> EigenCurvature.ekfac(device, "fc1", basis, nothing, NONE))
          .isInstanceOf(NotPositiveDefiniteException.class)
          .hasMessageContaining("fc1");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> EigenCurvature.ekfac(device, "fc1", basis, a, DAMPING));
    }
  }

  private static EigenvalueAccumulator accumulator(
      Device device, EigenBasis basis, TokenSample sample) {
    return new EigenvalueAccumulator(device, basis.g(), basis.a(), sample.inputShape());
  }

  private static Tensor mean(
      Device device, TensorScope scope, EigenBasis basis, TokenSample sample) {
    try (EigenvalueAccumulator sum = accumulator(device, basis, sample)) {
      sum.add(sample.inputs(scope, Precision.DOUBLE), sample.gradients(scope, Precision.DOUBLE));
      return Means.of(device, sum.sum(), sample.a().length);
    }
  }

  private static EigenCurvature corrected(
      TensorScope scope, EigenBasis basis, TokenSample sample, Damping damping) {
    try (Tensor values = mean(scope.device(), scope, basis, sample)) {
      return EigenCurvature.ekfac(scope.device(), "fc1", basis, values, damping);
    }
  }
}
