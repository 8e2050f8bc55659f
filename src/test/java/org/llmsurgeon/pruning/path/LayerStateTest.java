package org.llmsurgeon.pruning.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.DenseQuadratic;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.UnitDamping;
import org.llmsurgeon.pruning.structure.LayerNeeds;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Selection;

/** Each round's state against the definition: the dense quadratic of what is left. */
class LayerStateTest {
  private static final Damping DAMPING = new Damping(0.05, 0.03);
  private static final double TOLERANCE = 1e-9;

  @RepeatedTest(20)
  void rowsThenColumnsInRoundsEqualTheConstrainedOptimum(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    RandomLayer layer = RandomLayer.of(random, 2 + random.nextInt(4), 2 + random.nextInt(4));
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING);
        LayerState state =
            new LayerState(
                device,
                "layer 1",
                surgery.live(),
                new LayerNeeds(true, true, false),
                CostKind.OBS)) {
      BitSet rows = new BitSet();
      BitSet columns = new BitSet();
      double spent = 0;
      for (int round = 0; round < 3; round++) {
        int[] someRows = some(random, layer.rows(), rows);
        int[] someColumns = some(random, layer.columns(), columns);
        spent += state.removeRows(someRows) + state.removeColumns(someColumns);
        assertOptimum(layer, device, state, rows, columns, spent);
      }
    }
  }

  /** Rounds spend in total what the joint removal costs, since each starts at an optimum. */
  private static void assertOptimum(
      RandomLayer layer,
      Device device,
      LayerState state,
      BitSet rows,
      BitSet columns,
      double spent) {
    Selection gone = new Selection(rows.stream().toArray(), columns.stream().toArray());
    DenseQuadratic quadratic = layer.quadratic(DAMPING);
    double[] change = quadratic.cheapestRemoval(layer.flatWeight(), layer.removed(gone));
    double[] optimum =
        IntStream.range(0, change.length)
            .mapToDouble(i -> layer.flatWeight()[i] + change[i])
            .toArray();
    Tolerances.assertClose("weight", device.values(state.weight()), optimum, TOLERANCE);
    double cost = quadratic.cost(change);
    assertThat(spent).isCloseTo(cost, within(TOLERANCE * (1 + cost)));
    assertThat(state.weights())
        .isEqualTo(
            (long) (layer.rows() - rows.cardinality()) * (layer.columns() - columns.cardinality()));
  }

  @RepeatedTest(20)
  void costsOfWhatIsLeftEqualThoseOfAFreshInverse(RepetitionInfo repetition) {
    Random random = new Random(100 + repetition.getCurrentRepetition());
    RandomLayer layer = RandomLayer.of(random, 6, 5);
    // In half of the cases G is damped more where columns are costed.
    UnitDamping damping = new UnitDamping(DAMPING, random.nextBoolean() ? 0 : random.nextDouble());
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, damping);
        LayerState state =
            new LayerState(
                device,
                "layer 1",
                surgery.live(),
                new LayerNeeds(true, true, true),
                CostKind.OBS)) {
      BitSet free = new BitSet();
      BitSet rows = new BitSet();
      BitSet columns = new BitSet();
      state.removeFree(some(random, 6, free));
      rows.or(free);
      state.removeRows(some(random, 6, rows));
      state.removeColumns(some(random, 5, columns));
      state.removeFree(some(random, 6, rows));
      RandomLayer left = left(layer, device.values(state.weight()), rows, columns);
      DenseQuadratic quadratic = quadratic(left, layer, DAMPING.g());
      assertCosts(device, state, left, quadratic, rows, Line.ROW);
      double shrunk = Math.max(DAMPING.g(), damping.columnCosts());
      assertCosts(device, state, left, quadratic(left, layer, shrunk), columns, Line.COLUMN);
    }
  }

  /**
   * Factors that need ten or a hundred times the damping that was asked for: rows, columns and what
   * is told of the layer speak of one constant, that with which it could be inverted.
   */
  @RepeatedTest(20)
  void whereDampingRisesItIsTheSameForAllOfTheLayer(RepetitionInfo repetition) {
    Random random = new Random(300 + repetition.getCurrentRepetition());
    RandomLayer definite = RandomLayer.of(random, 5, 4);
    double share = 0.02 + 0.4 * random.nextDouble();
    RandomLayer layer =
        new RandomLayer(
            definite.weight(), lowered(definite.g(), share), lowered(definite.a(), share / 3));
    double g = raised(layer.g(), DAMPING.g());
    double a = raised(layer.a(), DAMPING.a());
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING);
        LayerState state =
            new LayerState(
                device,
                "layer 1",
                surgery.live(),
                new LayerNeeds(true, true, false),
                CostKind.OBS)) {
      assertThat(surgery.live().outputs().dampingConstant()).isCloseTo(g, within(1e-12 * g));
      assertThat(surgery.live().inputs().dampingConstant()).isCloseTo(a, within(1e-12 * a));
      BitSet rows = new BitSet();
      BitSet columns = new BitSet();
      state.removeRows(some(random, 5, rows));
      state.removeColumns(some(random, 4, columns));
      RandomLayer left = left(layer, device.values(state.weight()), rows, columns);
      DenseQuadratic quadratic = new DenseQuadratic(plus(left.g(), g), plus(left.a(), a));
      assertCosts(device, state, left, quadratic, rows, Line.ROW);
      assertCosts(device, state, left, quadratic, columns, Line.COLUMN);
      assertThat(surgery.dampingConstantG()).isEqualTo(surgery.live().outputs().dampingConstant());
      assertThat(surgery.dampingConstantA()).isEqualTo(surgery.live().inputs().dampingConstant());
    }
  }

  /** The factor with a smallest eigenvalue so far below 0, as a share of the mean diagonal. */
  private static double[][] lowered(double[][] matrix, double share) {
    double missing = share * mean(matrix);
    double low = 0;
    double high = 1 + 2 * matrix.length * mean(matrix);
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      boolean definite = isDefinite(plus(matrix, missing - middle));
      low = definite ? middle : low;
      high = definite ? high : middle;
    }
    return plus(matrix, -low);
  }

  /** What the ladder must come to: ten times as much until it is positive definite. */
  private static double raised(double[][] matrix, double damping) {
    double constant = damping * mean(matrix);
    while (!isDefinite(plus(matrix, constant))) {
      constant *= 10;
    }
    return constant;
  }

  /** By the pivots of elimination. */
  private static boolean isDefinite(double[][] matrix) {
    double[][] left = plus(matrix, 0);
    for (int pivot = 0; pivot < left.length; pivot++) {
      if (!(left[pivot][pivot] > 0)) {
        return false;
      }
      for (int i = pivot + 1; i < left.length; i++) {
        double factor = left[i][pivot] / left[pivot][pivot];
        for (int j = pivot; j < left.length; j++) {
          left[i][j] -= factor * left[pivot][j];
        }
      }
    }
    return true;
  }

  @RepeatedTest(20)
  void whereNothingAdaptsCostsAreThoseOfSettingToZero(RepetitionInfo repetition) {
    Random random = new Random(200 + repetition.getCurrentRepetition());
    RandomLayer layer = RandomLayer.of(random, 6, 20);
    boolean diagonal = random.nextBoolean();
    CurvatureKind kind = diagonal ? CurvatureKind.ACTIVATIONS : CurvatureKind.KFAC;
    double[][] a = new double[20][20];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        a[i][j] = diagonal && i != j ? 0 : layer.a()[i][j];
      }
    }
    DenseQuadratic quadratic = new DenseQuadratic(layer.g(), a);
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device);
        LayerSurgery surgery =
            new LayerSurgery(
                device,
                "layer 1",
                RandomLayer.tensor(scope, layer.weight()),
                layer.factors(scope, kind),
                DAMPING);
        LayerState state =
            new LayerState(
                device,
                "layer 1",
                surgery.live(),
                new LayerNeeds(true, true, true),
                CostKind.OBD)) {
      double[] left = layer.flatWeight();
      BitSet rows = new BitSet();
      BitSet columns = new BitSet();
      for (int round = 0; round < 2; round++) {
        int[] free = some(random, 6, rows);
        state.removeFree(free);
        zeroing(left, 20, free, Line.ROW);
        int[] goingRows = some(random, 6, rows);
        double cost = quadratic.cost(zeroing(left, 20, goingRows, Line.ROW));
        assertThat(state.removeRows(goingRows)).isCloseTo(cost, within(TOLERANCE * (1 + cost)));
        int[] goingColumns = some(random, 20, columns);
        cost = quadratic.cost(zeroing(left, 20, goingColumns, Line.COLUMN));
        assertThat(state.removeColumns(goingColumns))
            .isCloseTo(cost, within(TOLERANCE * (1 + cost)));
        assertThat(device.values(state.weight())).isEqualTo(left);
        assertPlain(device, state, left, quadratic, Line.ROW);
        assertPlain(device, state, left, quadratic, Line.COLUMN);
      }
    }
  }

  /** Small sets of all lines of a tall and wide layer: no whole matrix comes to Java's heap. */
  @ParameterizedTest
  @EnumSource(Line.class)
  void theHeapHoldsAPieceOfAMatrixAtATime(Line line) {
    RandomLayer layer = RandomLayer.of(new Random(7), 150, 140);
    AtomicLong largest = new AtomicLong();
    try (Device device = new ReferenceDevice();
        TensorScope scope = new TensorScope(device);
        LayerSurgery surgery = layer.surgery(scope, DAMPING);
        LayerState state =
            new LayerState(
                device,
                "layer 1",
                surgery.live(),
                new LayerNeeds(true, true, true),
                CostKind.OBS)) {
      int lines = line == Line.ROW ? 150 : 140;
      List<int[]> sets =
          IntStream.range(0, lines / 2).mapToObj(i -> new int[] {2 * i, 2 * i + 1}).toList();
      double[] costs = new BlockCosts(watched(device, largest), state, line).of(sets);
      assertThat(largest.get()).isPositive().isLessThanOrEqualTo(64 * 150);
      assertThat(costs[3])
          .isCloseTo(
              new BlockCosts(device, state, line).joint(sets.get(3)),
              within(TOLERANCE * (1 + costs[3])));
    }
  }

  /** Remembers how many values came to the heap at most at a time. */
  private static Device watched(Device device, AtomicLong largest) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("values")) {
                largest.accumulateAndGet(((Tensor) arguments[0]).size(), Math::max);
              } else if (method.getName().equals("download")) {
                largest.accumulateAndGet(((Number) arguments[4]).longValue(), Math::max);
              }
              return method.invoke(device, arguments);
            });
  }

  /** Sets the lines to zero, and returns the change. */
  private static double[] zeroing(double[] weight, int width, int[] lines, Line line) {
    double[] change = new double[weight.length];
    for (int i = 0; i < weight.length; i++) {
      if (Arrays.binarySearch(lines, line == Line.ROW ? i / width : i % width) >= 0) {
        change[i] = -weight[i];
        weight[i] = 0;
      }
    }
    return change;
  }

  /** Sets of one, three and all lines that are left, which go three ways through the code. */
  private static void assertPlain(
      Device device, LayerState state, double[] left, DenseQuadratic quadratic, Line line) {
    int size = line == Line.ROW ? 6 : 20;
    int[] alive = IntStream.range(0, size).filter(i -> state.lives(line, i)).toArray();
    for (int count : new int[] {1, 3, alive.length}) {
      if (count <= alive.length && count > 0) {
        int[] set = Arrays.copyOfRange(alive, alive.length - count, alive.length);
        double cost = quadratic.cost(zeroing(left.clone(), 20, set, line));
        assertThat(new BlockCosts(device, state, line).of(List.of(set))[0])
            .isCloseTo(cost, within(TOLERANCE * (1 + cost)));
      }
    }
  }

  /** Every set of up to three lines against the dense quadratic of the smaller layer. */
  private static void assertCosts(
      Device device,
      LayerState state,
      RandomLayer left,
      DenseQuadratic quadratic,
      BitSet gone,
      Line line) {
    int size = gone.cardinality() + (line == Line.ROW ? left.rows() : left.columns());
    int[] kept = IntStream.range(0, size).filter(i -> !gone.get(i)).toArray();
    if (left.rows() == 0 || left.columns() == 0) {
      return;
    }
    for (int count = 1; count <= Math.min(3, kept.length); count++) {
      int[] positions = IntStream.range(0, count).toArray();
      int[] lines = Arrays.stream(positions).map(i -> kept[i]).toArray();
      double cost = new BlockCosts(device, state, line).of(List.of(lines))[0];
      Selection going =
          line == Line.ROW
              ? new Selection(positions, new int[0])
              : new Selection(new int[0], positions);
      double[] change = quadratic.cheapestRemoval(left.flatWeight(), left.removed(going));
      double right = quadratic.cost(change);
      assertThat(cost)
          .as("%d of %s", count, line)
          .isCloseTo(right, within(TOLERANCE * (1 + right)));
    }
  }

  /** The damping constant stays that of the whole layer. */
  private static DenseQuadratic quadratic(RandomLayer left, RandomLayer whole, double dampingOfG) {
    return new DenseQuadratic(
        plus(left.g(), dampingOfG * mean(whole.g())),
        plus(left.a(), DAMPING.a() * mean(whole.a())));
  }

  private static double mean(double[][] matrix) {
    return IntStream.range(0, matrix.length).mapToDouble(i -> matrix[i][i]).average().orElse(0);
  }

  private static double[][] plus(double[][] matrix, double constant) {
    double[][] sum = new double[matrix.length][];
    for (int i = 0; i < matrix.length; i++) {
      sum[i] = matrix[i].clone();
      sum[i][i] += constant;
    }
    return sum;
  }

  private static RandomLayer left(RandomLayer layer, double[] weight, BitSet rows, BitSet columns) {
    int[] r = IntStream.range(0, layer.rows()).filter(i -> !rows.get(i)).toArray();
    int[] c = IntStream.range(0, layer.columns()).filter(i -> !columns.get(i)).toArray();
    double[][] kept = new double[r.length][c.length];
    for (int i = 0; i < r.length; i++) {
      for (int j = 0; j < c.length; j++) {
        kept[i][j] = weight[r[i] * layer.columns() + c[j]];
      }
    }
    return new RandomLayer(kept, part(layer.g(), r), part(layer.a(), c));
  }

  private static double[][] part(double[][] matrix, int[] indices) {
    double[][] part = new double[indices.length][indices.length];
    for (int i = 0; i < indices.length; i++) {
      for (int j = 0; j < indices.length; j++) {
        part[i][j] = matrix[indices[i]][indices[j]];
      }
    }
    return part;
  }

  /** Some indices that are not gone yet, which then are. */
  static int[] some(Random random, int size, BitSet gone) {
    int[] some =
        IntStream.range(0, size).filter(i -> !gone.get(i) && random.nextInt(4) == 0).toArray();
    Arrays.stream(some).forEach(gone::set);
    return some;
  }
}
