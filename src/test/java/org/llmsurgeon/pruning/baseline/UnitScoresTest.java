package org.llmsurgeon.pruning.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthLayout;

/** Published scores by their definitions, weight by weight and token by token. */
class UnitScoresTest {
  private static final int HEADS = 4;
  private static final int PER_GROUP = 2;
  private static final int DIMENSION = 3;
  private static final int HIDDEN = 5;
  private static final int WINDOWS = 3;
  private static final int TOKENS = 4;

  private final Device device = new ReferenceDevice();
  private final Random random = new Random(17);

  /** A weight or its gradient. */
  private double[][] matrix(int rows, int columns) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      Arrays.setAll(row, i -> random.nextGaussian());
    }
    return values;
  }

  private org.llmsurgeon.compute.Tensor tensor(double[][] values) {
    double[] all = Arrays.stream(values).flatMapToDouble(Arrays::stream).toArray();
    return device.tensor(Precision.DOUBLE, values.length, values[0].length, all);
  }

  /** Everything of one layer, in plain arrays. */
  private record Plain(double[][] weight, double[][] gradient) {}

  private Plain plain(int rows, int columns) {
    return new Plain(matrix(rows, columns), matrix(rows, columns));
  }

  /** What the last layer reads, {@code [window][token][input]}. */
  private double[][][] inputs(int width) {
    return IntStream.range(0, WINDOWS)
        .mapToObj(w -> matrix(TOKENS, width))
        .toArray(double[][][]::new);
  }

  private double[][] statistics(double[][][] x, int member) {
    int width = x[0][0].length;
    double count = WINDOWS * TOKENS;
    double[][] rows = new double[3][width];
    for (int j = 0; j < width; j++) {
      int input = j;
      rows[0][j] = all(x).stream().mapToDouble(t -> t[input]).sum() / count;
      rows[1][j] = all(x).stream().mapToDouble(t -> t[input] * t[input]).sum() / count;
      double activity = activity(x, j / member * member, member);
      rows[2][j] = activity * activity / count;
    }
    return rows;
  }

  private static List<double[]> all(double[][][] x) {
    return Arrays.stream(x).flatMap(Arrays::stream).toList();
  }

  /** L2 over windows of the mean over tokens of the norm of some inputs. */
  private static double activity(double[][][] x, int first, int count) {
    double sum = 0;
    for (double[][] window : x) {
      double mean = 0;
      for (double[] token : window) {
        double square = Arrays.stream(token, first, first + count).map(v -> v * v).sum();
        mean += Math.sqrt(square) / window.length;
      }
      sum += mean * mean;
    }
    return Math.sqrt(sum);
  }

  private static double variance(double[][][] x, int input) {
    double mean = all(x).stream().mapToDouble(t -> t[input]).average().orElseThrow();
    return all(x).stream()
        .mapToDouble(t -> (t[input] - mean) * (t[input] - mean))
        .average()
        .orElseThrow();
  }

  private UnitScores scores(CoupledGroup group, List<Plain> plain, double[][] statistics) {
    List<UnitScores.Layer> layers = new ArrayList<>();
    for (Plain each : plain) {
      boolean last = each == plain.get(plain.size() - 1);
      layers.add(
          new UnitScores.Layer(
              tensor(each.weight), tensor(each.gradient), last ? tensor(statistics) : null));
    }
    return new UnitScores(device, group, layers);
  }

  /** An attention of four heads in two groups, or with {@code perGroup} 1 in four. */
  private static CoupledGroup attention(int perGroup) {
    int groups = HEADS / perGroup;
    List<Unit> units = new ArrayList<>();
    for (int head = 0; perGroup > 1 && head < HEADS; head++) {
      int[] lines = lines(head, 1);
      units.add(Unit.of(UnitKind.HEAD, part(3, Line.COLUMN, lines), part(0, Line.ROW, lines)));
    }
    for (int g = 0; g < groups; g++) {
      int[] heads = lines(g * perGroup, perGroup);
      int[] shared = lines(g, 1);
      units.add(
          Unit.of(
              perGroup > 1 ? UnitKind.GROUP : UnitKind.HEAD,
              part(3, Line.COLUMN, heads),
              part(0, Line.ROW, heads),
              part(1, Line.ROW, shared),
              part(2, Line.ROW, shared)));
    }
    int width = HEADS * DIMENSION;
    return new CoupledGroup(
        "attention",
        List.of(
            new CoupledGroup.Layer("q", width, HIDDEN),
            new CoupledGroup.Layer("k", groups * DIMENSION, HIDDEN),
            new CoupledGroup.Layer("v", groups * DIMENSION, HIDDEN),
            new CoupledGroup.Layer("o", HIDDEN, width)),
        units,
        new WidthLayout(UnitKind.HEAD, 3, groups, perGroup, DIMENSION, perGroup > 1));
  }

  private static int[] lines(int first, int count) {
    return IntStream.range(first * DIMENSION, (first + count) * DIMENSION).toArray();
  }

  private static Unit.Part part(int layer, Line line, int[] indices) {
    return new Unit.Part(layer, line, indices);
  }

  private List<Plain> ofAttention(int perGroup) {
    int shared = HEADS / perGroup * DIMENSION;
    return List.of(
        plain(HEADS * DIMENSION, HIDDEN),
        plain(shared, HIDDEN),
        plain(shared, HIDDEN),
        plain(HIDDEN, HEADS * DIMENSION));
  }

  /** Of all weights of a unit, each once: by the unit's own parts. */
  private static double overUnit(Unit unit, List<Plain> layers, boolean taylor) {
    double sum = 0;
    for (int i = 0; i < layers.size(); i++) {
      int layer = i;
      double[][] weight = layers.get(i).weight;
      IntPredicate row = r -> takes(unit, layer, Line.ROW, r);
      IntPredicate column = c -> takes(unit, layer, Line.COLUMN, c);
      for (int r = 0; r < weight.length; r++) {
        for (int c = 0; c < weight[r].length; c++) {
          if (row.test(r) || column.test(c)) {
            double w = weight[r][c];
            sum += taylor ? Math.abs(w * layers.get(i).gradient[r][c]) : w * w;
          }
        }
      }
    }
    return sum;
  }

  private static boolean takes(Unit unit, int layer, Line line, int index) {
    Unit.Way way = unit.ways().get(0);
    List<Unit.Part> parts = new ArrayList<>(way.free());
    parts.add(way.compensated());
    return parts.stream()
        .filter(part -> part.layer() == layer && part.line() == line)
        .anyMatch(part -> IntStream.of(part.indices()).anyMatch(each -> each == index));
  }

  private static double[] standardised(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double deviation =
        Math.sqrt(
            Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / (values.length - 1));
    return Arrays.stream(values).map(v -> (v - mean) / deviation).toArray();
  }

  @ParameterizedTest
  @EnumSource(
      value = UnitBaseline.class,
      names = {"MAGNITUDE", "TAYLOR"})
  void sumsOverWeightsAreOverAllThatGoWithAHead(UnitBaseline baseline) {
    CoupledGroup group = attention(1);
    List<Plain> layers = ofAttention(1);
    double[][] none = statistics(inputs(HEADS * DIMENSION), DIMENSION);
    boolean taylor = baseline == UnitBaseline.TAYLOR;
    double[] expected =
        group.units().stream().mapToDouble(unit -> overUnit(unit, layers, taylor)).toArray();
    UnitScores scores = scores(group, layers, none);
    Tolerances.assertClose("members", scores.members(baseline), expected, 1e-12);
    double[] raised = Arrays.stream(standardised(expected)).map(z -> z + 2).toArray();
    Tolerances.assertClose("units", scores.units(baseline, 2), raised, 1e-12);
  }

  @ParameterizedTest
  @EnumSource(
      value = UnitBaseline.class,
      names = {"MAGNITUDE", "TAYLOR"})
  void headsOfAGroupShareItsKeysAndValues(UnitBaseline baseline) {
    CoupledGroup group = attention(PER_GROUP);
    List<Plain> layers = ofAttention(PER_GROUP);
    double[][] none = statistics(inputs(HEADS * DIMENSION), DIMENSION);
    boolean taylor = baseline == UnitBaseline.TAYLOR;
    double[] members = scores(group, layers, none).members(baseline);
    for (int g = 0; g < HEADS / PER_GROUP; g++) {
      Unit whole = group.units().get(HEADS + g);
      double sum = Arrays.stream(members, g * PER_GROUP, (g + 1) * PER_GROUP).sum();
      double expected = overUnit(whole, layers, taylor);
      Tolerances.assertClose("group", new double[] {sum}, new double[] {expected}, 1e-12);
      double own = 0;
      for (int head = g * PER_GROUP; head < (g + 1) * PER_GROUP; head++) {
        own += overUnit(group.units().get(head), layers, taylor);
        double shared = members[head] - overUnit(group.units().get(head), layers, taylor);
        double each = (expected - ownOfGroup(group, layers, g, taylor)) / PER_GROUP;
        Tolerances.assertClose("share", new double[] {shared}, new double[] {each}, 1e-12);
      }
      assertThat(own).isLessThan(expected);
    }
    double[] units = scores(group, layers, none).units(baseline, 0);
    double[] heads = standardised(members);
    for (int g = 0; g < HEADS / PER_GROUP; g++) {
      double mean = (heads[2 * g] + heads[2 * g + 1]) / 2;
      Tolerances.assertClose("mean", new double[] {units[HEADS + g]}, new double[] {mean}, 1e-12);
    }
  }

  private static double ownOfGroup(
      CoupledGroup group, List<Plain> layers, int which, boolean taylor) {
    return IntStream.range(which * PER_GROUP, (which + 1) * PER_GROUP)
        .mapToDouble(head -> overUnit(group.units().get(head), layers, taylor))
        .sum();
  }

  @Test
  void activationsWandaAndFluctuationsAreAsPublished() {
    CoupledGroup group = attention(1);
    List<Plain> layers = ofAttention(1);
    double[][] output = layers.get(3).weight;
    double[][][] x = inputs(HEADS * DIMENSION);
    UnitScores scores = scores(group, layers, statistics(x, DIMENSION));
    double[] activities = new double[HEADS];
    double[] wanda = new double[HEADS];
    double[] fluctuations = new double[HEADS * DIMENSION];
    for (int j = 0; j < HEADS * DIMENSION; j++) {
      int input = j;
      activities[j / DIMENSION] = activity(x, j / DIMENSION * DIMENSION, DIMENSION);
      double norm = Math.sqrt(all(x).stream().mapToDouble(t -> t[input] * t[input]).sum());
      double absolute = Arrays.stream(output).mapToDouble(row -> Math.abs(row[input])).sum();
      double square = Arrays.stream(output).mapToDouble(row -> row[input] * row[input]).sum();
      wanda[j / DIMENSION] += absolute / HIDDEN * norm;
      fluctuations[j] = Math.pow(variance(x, j) * square, 2);
    }
    double[] flap = new double[HEADS];
    double[] z = standardised(fluctuations);
    for (int j = 0; j < z.length; j++) {
      flap[j / DIMENSION] += z[j] / DIMENSION;
    }
    assertProportional(scores.members(UnitBaseline.MINITRON), activities);
    assertProportional(scores.members(UnitBaseline.WANDA), wanda);
    Tolerances.assertClose("flap", scores.members(UnitBaseline.FLAP), flap, 1e-11);
    Tolerances.assertClose("flap", scores.units(UnitBaseline.FLAP, 0), flap, 1e-11);
  }

  @Test
  void fluctuationsOfNeuronsAreNotSquared() {
    List<Unit> units =
        IntStream.range(0, 6)
            .mapToObj(
                j ->
                    Unit.of(
                        UnitKind.NEURON,
                        part(1, Line.COLUMN, new int[] {j}),
                        part(0, Line.ROW, new int[] {j})))
            .toList();
    CoupledGroup group =
        new CoupledGroup(
            "mlp",
            List.of(
                new CoupledGroup.Layer("up", 6, HIDDEN), new CoupledGroup.Layer("down", HIDDEN, 6)),
            units,
            new WidthLayout(UnitKind.NEURON, 1, 1, 6, 1, false));
    List<Plain> layers = List.of(plain(6, HIDDEN), plain(HIDDEN, 6));
    double[][][] x = inputs(6);
    UnitScores scores = scores(group, layers, statistics(x, 1));
    double[] expected = new double[6];
    for (int j = 0; j < 6; j++) {
      int input = j;
      double square =
          Arrays.stream(layers.get(1).weight).mapToDouble(r -> r[input] * r[input]).sum();
      expected[j] = variance(x, j) * square;
    }
    Tolerances.assertClose(
        "flap", scores.units(UnitBaseline.FLAP, 0), standardised(expected), 1e-11);
    double[] sums = units.stream().mapToDouble(unit -> overUnit(unit, layers, true)).toArray();
    Tolerances.assertClose("taylor", scores.members(UnitBaseline.TAYLOR), sums, 1e-12);
  }

  /** A factor that is the same for all orders nothing. */
  private static void assertProportional(double[] actual, double[] expected) {
    double factor = Arrays.stream(expected).sum() / Arrays.stream(actual).sum();
    double[] scaled = Arrays.stream(actual).map(each -> each * factor).toArray();
    Tolerances.assertClose("scores", scaled, expected, 1e-12);
  }

  @Test
  void equalScoresAreAllTheSameAndOthersMustBeFinite() {
    CoupledGroup group = attention(1);
    List<Plain> zero =
        ofAttention(1).stream()
            .map(p -> new Plain(new double[p.weight.length][p.weight[0].length], p.gradient))
            .toList();
    double[][] statistics = statistics(inputs(HEADS * DIMENSION), DIMENSION);
    assertThat(scores(group, zero, statistics).units(UnitBaseline.MAGNITUDE, 1)).containsOnly(1);
    zero.get(0).weight[0][0] = Double.NaN;
    assertThatThrownBy(() -> scores(group, zero, statistics).units(UnitBaseline.MAGNITUDE, 1))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("attention");
  }
}
