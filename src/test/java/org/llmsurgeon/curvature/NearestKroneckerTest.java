package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.accumulate.Means;
import org.llmsurgeon.curvature.accumulate.TokenShape;
import org.llmsurgeon.curvature.accumulate.WeightedAccumulator;

class NearestKroneckerTest {
  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void theTermsAreTheSingularPairsOfTheRearrangedFisher(Device device) {
    Random random = new Random(1);
    for (boolean bias : new boolean[] {false, true}) {
      TokenSample sample = TokenSample.random(random, 12, 3, 3, bias);
      try (TensorScope scope = new TensorScope(device)) {
        List<KroneckerTerm> terms = new ArrayList<>();
        List<double[]> expected = singularPairs(device, sample, 3);
        for (int rank = 0; rank < 3; rank++) {
          try (NearestKronecker nearest =
              new NearestKronecker(device, "layer 1", sample.inputs(), terms)) {
            iterate(scope, nearest, sample, 600);
            terms.add(owned(scope, nearest.term()));
          }
          double[] actual = TokenSample.flat(TokenSample.product(device, terms.get(rank)));
          assertClose("term " + rank, actual, expected.get(rank), 1e-7);
        }
      }
    }
  }

  /** Each {@code sigma u v^T} of the matrix {@code mean_t vec(g g^T) vec(a a^T)^T}, as G (x) A. */
  private static List<double[]> singularPairs(Device device, TokenSample sample, int count) {
    int in = sample.inputs();
    int out = sample.outputs();
    double[][] rearranged = rearranged(sample);
    double[] gram = new double[in * in * in * in];
    for (double[] row : rearranged) {
      for (int i = 0; i < gram.length; i++) {
        gram[i] += row[i / (in * in)] * row[i % (in * in)];
      }
    }
    List<double[]> pairs = new ArrayList<>();
    try (Tensor vectors = device.tensor(Precision.DOUBLE, in * in, in * in, gram)) {
      device.eigen(vectors);
      double[] v = device.values(vectors);
      for (int rank = 0; rank < count; rank++) {
        int at = (in * in - 1 - rank) * in * in;
        double[] pair = new double[out * in * out * in];
        for (int i = 0; i < pair.length; i++) {
          int row = i / (out * in);
          int column = i % (out * in);
          double u = 0;
          for (int k = 0; k < in * in; k++) {
            u += rearranged[row / in * out + column / in][k] * v[at + k];
          }
          pair[i] = u * v[at + row % in * in + column % in];
        }
        pairs.add(pair);
      }
    }
    return pairs;
  }

  private static double[][] rearranged(TokenSample sample) {
    int in = sample.inputs();
    int out = sample.outputs();
    double[][] rearranged = new double[out * out][in * in];
    double[][] fisher = sample.fisher();
    for (int i = 0; i < out * out; i++) {
      for (int j = 0; j < in * in; j++) {
        rearranged[i][j] = fisher[i / out * in + j / in][i % out * in + j % in];
      }
    }
    return rearranged;
  }

  @ParameterizedTest
  @MethodSource("devices")
  void independentSidesAreFoundInTwoHalfStepsAndEqualKfac(Device device) {
    TokenSample sample = TokenSample.product(new Random(2), 4, 3, 4);
    try (TensorScope scope = new TensorScope(device);
        NearestKronecker nearest = new NearestKronecker(device, "layer 1", 4, List.of())) {
      iterate(scope, nearest, sample, 2);
      KroneckerTerm term = owned(scope, nearest.term());
      KroneckerFactors kfac = sample.factors(scope).balanced(device);
      assertClose("G", device.values(term.g()), device.values(scope.own(kfac.g())), 1e-12);
      assertClose("A", device.values(term.a()), device.values(scope.own(kfac.a())), 1e-12);
      iterate(scope, nearest, sample, 2);
      assertThat(nearest.growth()).isLessThan(1e-12);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aWarmStartGoesOnWhereTheLastOneStopped(Device device) {
    TokenSample sample = TokenSample.random(new Random(3), 15, 3, 4, true);
    try (TensorScope scope = new TensorScope(device);
        NearestKronecker cold = new NearestKronecker(device, "layer 1", 5, List.of());
        NearestKronecker whole = new NearestKronecker(device, "layer 1", 5, List.of())) {
      iterate(scope, cold, sample, 4);
      KroneckerTerm last = owned(scope, cold.term());
      iterate(scope, whole, sample, 6);
      try (NearestKronecker warm = NearestKronecker.warm(device, "layer 1", last.a(), List.of())) {
        iterate(scope, warm, sample, 2);
        double[] expected = device.values(owned(scope, whole.term()).g());
        assertClose("G", device.values(owned(scope, warm.term()).g()), expected, 1e-12);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void everyHalfStepComesCloserToTheFisher(Device device) {
    TokenSample sample = TokenSample.random(new Random(4), 15, 3, 4, false);
    double last = Double.POSITIVE_INFINITY;
    try (TensorScope scope = new TensorScope(device);
        NearestKronecker nearest = new NearestKronecker(device, "layer 1", 4, List.of())) {
      double sigma = 0;
      for (int round = 0; round < 5; round++) {
        iterate(scope, nearest, sample, 2);
        double[][] product = TokenSample.product(device, owned(scope, nearest.term()));
        double distance = TokenSample.distance(product, sample.fisher());
        assertThat(distance).isLessThan(last * (1 + 1e-12));
        assertThat(nearest.sigma()).isGreaterThan(sigma * (1 - 1e-12));
        last = distance;
        sigma = nearest.sigma();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whereNothingIsLeftTheTermIsZero(Device device) {
    TokenSample sample = TokenSample.product(new Random(5), 3, 2, 2);
    TokenSample silent = new TokenSample(sample.a(), new double[9][2], false);
    try (TensorScope scope = new TensorScope(device);
        NearestKronecker nearest = new NearestKronecker(device, "layer 1", 2, List.of())) {
      assertThatIllegalStateException().isThrownBy(nearest::term);
      iterate(scope, nearest, silent, 1);
      assertThatIllegalStateException().isThrownBy(nearest::term);
      iterate(scope, nearest, silent, 1);
      assertThat(nearest.sigma()).isZero();
      assertThat(nearest.growth()).isZero();
      assertThat(device.values(owned(scope, nearest.term()).g())).containsOnly(0);
    }
  }

  static void iterate(
      TensorScope scope, NearestKronecker nearest, TokenSample sample, int halfSteps) {
    Device device = scope.device();
    Tensor a = sample.inputs(scope, Precision.DOUBLE);
    Tensor g = sample.gradients(scope, Precision.DOUBLE);
    for (int step = 0; step < halfSteps; step++) {
      boolean sumsG = nearest.gathersG();
      TokenShape summed = sumsG ? sample.outputShape() : sample.inputShape();
      TokenShape weighing = sumsG ? sample.inputShape() : sample.outputShape();
      try (WeightedAccumulator sum =
          new WeightedAccumulator(device, summed, weighing, nearest.weighing())) {
        sum.add(sumsG ? g : a, sumsG ? a : g);
        try (Tensor mean = Means.ofTriangle(device, sum.sum(), summed.size(), sample.a().length)) {
          nearest.take(mean);
        }
      }
    }
  }

  static KroneckerTerm owned(TensorScope scope, KroneckerTerm term) {
    scope.own(term.g());
    scope.own(term.a());
    return term;
  }
}
