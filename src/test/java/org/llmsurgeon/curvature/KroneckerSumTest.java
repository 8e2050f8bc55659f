package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.llmsurgeon.Tolerances.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class KroneckerSumTest {
  private static final Damping DAMPING = new Damping(0.05, 0.02);

  static List<Device> devices() {
    return List.of(new ReferenceDevice(), CpuDevice.create());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aFisherOfSeveralProductsIsRecoveredExactly(Device device) {
    Random random = new Random(1);
    for (int rank = 2; rank <= 3; rank++) {
      TokenSample sample = TokenSample.product(random, 3, 3, 3);
      for (int more = 1; more < rank; more++) {
        sample = sample.and(TokenSample.product(random, 3, 3, 3));
      }
      double[][] fisher = sample.fisher();
      try (TensorScope scope = new TensorScope(device)) {
        List<KroneckerTerm> terms = new ArrayList<>();
        double[][] sum = new double[9][9];
        for (int term = 0; term < rank; term++) {
          assertThat(TokenSample.distance(sum, fisher)).as("not yet").isGreaterThan(1e-4);
          try (NearestKronecker nearest = new NearestKronecker(device, "layer 1", 3, terms)) {
            NearestKroneckerTest.iterate(scope, nearest, sample, 2000);
            terms.add(NearestKroneckerTest.owned(scope, nearest.term()));
          }
          sum = TokenSample.sum(sum, TokenSample.product(device, terms.get(term)));
        }
        assertClose("sum", TokenSample.flat(sum), TokenSample.flat(fisher), 1e-9);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void twoTermsTimesTheirInverseAreTheIdentity(Device device) {
    Random random = new Random(2);
    for (int trial = 0; trial < 10; trial++) {
      int out = 1 + random.nextInt(4);
      int in = 1 + random.nextInt(4);
      try (TensorScope scope = new TensorScope(device)) {
        List<KroneckerTerm> terms =
            List.of(positive(scope, random, out, in), small(scope, random, out, in));
        try (KroneckerSum sum = new KroneckerSum(device, "layer 1", terms, DAMPING)) {
          double[][] times = TokenSample.matrix(device, out, in, sum::times);
          double[][] expected =
              TokenSample.sum(
                  TokenSample.product(device, damped(scope, terms.get(0))),
                  TokenSample.product(device, terms.get(1)));
          assertClose("F", TokenSample.flat(times), TokenSample.flat(expected), 1e-11);
          double[][] solve = TokenSample.matrix(device, out, in, sum::solve);
          assertClose("F F^-1", product(times, solve), identity(out * in), 1e-9);
          assertDiagonals(device, sum.leading(), times, solve);
        }
      }
    }
  }

  private static void assertDiagonals(
      Device device, EigenCurvature curvature, double[][] times, double[][] solve) {
    int size = times.length;
    double[] diagonal = IntStream.range(0, size).mapToDouble(i -> times[i][i]).toArray();
    double[] along = IntStream.range(0, size).mapToDouble(i -> 1 / solve[i][i]).toArray();
    try (Tensor ofF = curvature.diagonal();
        Tensor ofInverse = curvature.elementCurvature()) {
      assertClose("diagonal", device.values(ofF), diagonal, 1e-10);
      assertClose("curvature along weights", device.values(ofInverse), along, 1e-9);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void furtherTermsTakePartInProducts(Device device) {
    Random random = new Random(3);
    try (TensorScope scope = new TensorScope(device)) {
      List<KroneckerTerm> terms =
          List.of(
              positive(scope, random, 3, 4),
              small(scope, random, 3, 4),
              small(scope, random, 3, 4));
      try (KroneckerSum three = new KroneckerSum(device, "layer 1", terms, DAMPING);
          KroneckerSum two = new KroneckerSum(device, "layer 1", terms.subList(0, 2), DAMPING)) {
        double[][] expected =
            TokenSample.sum(
                TokenSample.matrix(device, 3, 4, two::times),
                TokenSample.product(device, terms.get(2)));
        double[][] actual = TokenSample.matrix(device, 3, 4, three::times);
        assertClose("F", TokenSample.flat(actual), TokenSample.flat(expected), 1e-12);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void dampingRisesWhereTheSecondTermMakesTheSumIndefinite(Device device) {
    try (TensorScope scope = new TensorScope(device)) {
      KroneckerTerm first = diagonal(scope, new double[] {1, 1}, new double[] {1, 1});
      // 1.01^2 - 1.2 is negative, 1.1^2 - 1.2 is not
      KroneckerTerm second = diagonal(scope, new double[] {-1.2, 0}, new double[] {1, 0});
      Damping low = new Damping(0.01, 0.01);
      try (KroneckerSum sum = new KroneckerSum(device, "fc1", List.of(first, second), low)) {
        double[][] times = TokenSample.matrix(device, 2, 2, sum::times);
        double whole = 1.1 * 1.1;
        double[] expected = {whole - 1.2, whole, whole, whole};
        double[] diagonal = IntStream.range(0, 4).mapToDouble(i -> times[i][i]).toArray();
        assertClose("diagonal", diagonal, expected, 1e-12);
      }
      KroneckerTerm hopeless = diagonal(scope, new double[] {-1e9, 0}, new double[] {1, 0});
      assertThatThrownBy(() -> new KroneckerSum(device, "fc1", List.of(first, hopeless), low))
          .isInstanceOf(NotPositiveDefiniteException.class)
          .hasMessageContaining("fc1");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new KroneckerSum(device, "fc1", List.of(first), low));
    }
  }

  private static KroneckerTerm positive(TensorScope scope, Random random, int out, int in) {
    return new KroneckerTerm(gram(scope, random, out), gram(scope, random, in));
  }

  /** Indefinite, but too small to make the sum so. */
  private static KroneckerTerm small(TensorScope scope, Random random, int out, int in) {
    KroneckerTerm term = new KroneckerTerm(gram(scope, random, out), gram(scope, random, in));
    scope.device().scale(-1e-4, term.g());
    scope.device().addDiagonal(term.a(), -1);
    return term;
  }

  private static Tensor gram(TensorScope scope, Random random, int size) {
    double[] values = random.doubles((long) size * (size + 2), -1, 1).toArray();
    Device device = scope.device();
    Tensor samples = scope.own(device.tensor(Precision.DOUBLE, size + 2, size, values));
    Tensor gram = scope.empty(Precision.DOUBLE, size, size);
    device.multiply(1, samples.transposed(), samples, 0, gram);
    return gram;
  }

  private static KroneckerTerm diagonal(TensorScope scope, double[] g, double[] a) {
    Device device = scope.device();
    return new KroneckerTerm(
        scope.own(device.tensor(Precision.DOUBLE, 2, 2, g[0], 0, 0, g[1])),
        scope.own(device.tensor(Precision.DOUBLE, 2, 2, a[0], 0, 0, a[1])));
  }

  private static KroneckerTerm damped(TensorScope scope, KroneckerTerm term) {
    return new KroneckerTerm(
        damped(scope, term.g(), DAMPING.g()), damped(scope, term.a(), DAMPING.a()));
  }

  private static Tensor damped(TensorScope scope, Tensor matrix, double damping) {
    Device device = scope.device();
    Tensor damped = scope.empty(Precision.DOUBLE, matrix.rows(), matrix.columns());
    device.copy(matrix, damped);
    device.addDiagonal(damped, DampedInverse.constant(device.diagonal(matrix), damping));
    return damped;
  }

  private static double[] product(double[][] x, double[][] y) {
    int size = x.length;
    return IntStream.range(0, size * size)
        .mapToDouble(
            i -> IntStream.range(0, size).mapToDouble(k -> x[i / size][k] * y[k][i % size]).sum())
        .toArray();
  }

  private static double[] identity(int size) {
    return IntStream.range(0, size * size).mapToDouble(i -> i / size == i % size ? 1 : 0).toArray();
  }
}
