package org.llmsurgeon.curvature.accumulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NotedDevice;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.TokenSample;

class WeightedAccumulatorTest {
  static List<Arguments> devices() {
    return List.of(
        Arguments.of(new ReferenceDevice(), Precision.DOUBLE),
        Arguments.of(CpuDevice.create(), Precision.DOUBLE),
        Arguments.of(CpuDevice.create(), Precision.SINGLE));
  }

  @ParameterizedTest
  @MethodSource("devices")
  void eachTokenCountsByItsQuadraticForm(Device device, Precision precision) {
    Random random = new Random(1);
    for (boolean bias : new boolean[] {false, true}) {
      TokenSample sample = TokenSample.random(random, 20, 3, 4, bias);
      // Symmetric and indefinite: some weights are negative
      double[][] overA = symmetric(random, sample.inputs());
      double[][] overG = symmetric(random, 3);
      try (TensorScope scope = new TensorScope(device)) {
        Tensor a = sample.inputs(scope, precision);
        Tensor g = sample.gradients(scope, precision);
        try (WeightedAccumulator sumG =
                new WeightedAccumulator(
                    device, sample.outputShape(), sample.inputShape(), tensor(scope, overA));
            WeightedAccumulator sumA =
                new WeightedAccumulator(
                    device, sample.inputShape(), sample.outputShape(), tensor(scope, overG))) {
          sumG.add(g, a);
          sumA.add(a, g);
          assertThat(sumG.tokens()).isEqualTo(20);
          double tolerance = 10 * Tolerances.of(precision).product();
          double[] expectedG = byDefinition(sample.g(), sample.a(), overA);
          assertClose(
              "G",
              device.values(scope.own(Means.ofTriangle(device, sumG.sum(), 3, 20))),
              expectedG,
              tolerance);
          double[] expectedA = byDefinition(sample.a(), sample.g(), overG);
          assertClose(
              "A",
              device.values(scope.own(Means.ofTriangle(device, sumA.sum(), sample.inputs(), 20))),
              expectedA,
              tolerance);
        }
      }
    }
  }

  private static double[] byDefinition(double[][] x, double[][] y, double[][] matrix) {
    int size = x[0].length;
    double[] mean = new double[size * size];
    for (int t = 0; t < x.length; t++) {
      double weight = 0;
      for (int i = 0; i < matrix.length; i++) {
        for (int j = 0; j < matrix.length; j++) {
          weight += y[t][i] * matrix[i][j] * y[t][j];
        }
      }
      for (int i = 0; i < mean.length; i++) {
        mean[i] += weight * x[t][i / size] * x[t][i % size] / x.length;
      }
    }
    return mean;
  }

  @ParameterizedTest
  @MethodSource("devices")
  void partsThatAreMergedGiveTheSameAsTheWhole(Device device, Precision precision) {
    Random random = new Random(2);
    TokenSample sample = TokenSample.random(random, 21, 3, 4, true);
    try (TensorScope scope = new TensorScope(device)) {
      Tensor matrix = tensor(scope, symmetric(random, 5));
      try (WeightedAccumulator whole = overInputs(device, sample, matrix);
          WeightedAccumulator merged = overInputs(device, sample, matrix)) {
        whole.add(sample.gradients(scope, precision), sample.inputs(scope, precision));
        for (int from = 0; from < 21; from += 7) {
          TokenSample part = sample.part(from, from + 7);
          try (WeightedAccumulator shard = overInputs(device, part, matrix)) {
            shard.add(part.gradients(scope, precision), part.inputs(scope, precision));
            device.add(1, shard.sum(), merged.sum());
          }
        }
        assertClose(
            "sum",
            device.values(merged.sum()),
            device.values(whole.sum()),
            Tolerances.of(precision).product());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatDoesNotFitIsRefused(Device device, Precision precision) {
    TokenSample sample = TokenSample.random(new Random(3), 5, 3, 4, true);
    try (TensorScope scope = new TensorScope(device)) {
      Tensor a = sample.inputs(scope, precision);
      Tensor g = sample.gradients(scope, precision);
      Tensor identity = tensor(scope, symmetric(new Random(4), 5));
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new WeightedAccumulator(
                      device, sample.inputShape(), sample.outputShape(), identity));
      try (WeightedAccumulator sum = overInputs(device, sample, identity)) {
        assertThatIllegalArgumentException().isThrownBy(() -> sum.add(a, g));
        assertThatIllegalArgumentException()
            .isThrownBy(() -> sum.add(g.rowRange(0, 2), a.rowRange(0, 3)));
        // Nobody asks the device while tokens come: what is no number stays in the sum.
        device.scale(Double.NaN, a);
        sum.add(g, a);
        assertThat(device.firstNonFinite(sum.sum())).isNotNegative();
      }
    }
  }

  private static WeightedAccumulator overInputs(Device device, TokenSample sample, Tensor matrix) {
    return new WeightedAccumulator(device, sample.outputShape(), sample.inputShape(), matrix);
  }

  @Test
  void nobodyWaitsForTheDevice() {
    TokenSample sample = TokenSample.random(new Random(5), 9, 3, 4, true);
    NotedDevice noted = new NotedDevice(new ReferenceDevice());
    try (TensorScope scope = new TensorScope(noted.device())) {
      Tensor matrix = tensor(scope, symmetric(new Random(6), 5));
      Tensor g = sample.gradients(scope, Precision.DOUBLE);
      Tensor a = sample.inputs(scope, Precision.DOUBLE);
      try (WeightedAccumulator sum = overInputs(noted.device(), sample, matrix)) {
        noted.calls().clear();
        sum.add(g, a);
        assertThat(noted.calls()).contains("addProductPacked").doesNotContain(NotedDevice.READ);
      }
    }
  }

  private static double[][] symmetric(Random random, int size) {
    double[][] matrix = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j <= i; j++) {
        matrix[i][j] = 2 * random.nextDouble() - 1;
        matrix[j][i] = matrix[i][j];
      }
    }
    return matrix;
  }

  private static Tensor tensor(TensorScope scope, double[][] matrix) {
    double[] flat = TokenSample.flat(matrix);
    return scope.own(scope.device().tensor(Precision.DOUBLE, matrix.length, matrix.length, flat));
  }
}
