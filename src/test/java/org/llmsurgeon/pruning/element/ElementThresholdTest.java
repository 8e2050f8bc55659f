package org.llmsurgeon.pruning.element;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.PrunableLayer;

class ElementThresholdTest {
  private final ReferenceDevice device = new ReferenceDevice();

  /** A candidate by its place. */
  private record Place(int layer, int index, double cost) {}

  @Test
  void exactlyTheCheapestGoAndTiesGoByLayerThenRowByRow() {
    Random random = new Random(1);
    for (int trial = 0; trial < 60; trial++) {
      List<double[]> layers = randomLayers(random, trial % 3);
      List<Place> sorted = sorted(layers);
      for (int count : new int[] {0, 1, random.nextInt(sorted.size()), sorted.size()}) {
        try (TensorScope scope = new TensorScope(device)) {
          List<ElementCosts> costs = layers.stream().map(each -> costs(scope, each)).toList();
          ElementThreshold.Found found = CheapestElements.select(costs, count);
          boolean[][] expected = marked(layers, sorted.subList(0, count));
          for (int i = 0; i < layers.size(); i++) {
            assertThat(flat(costs.get(i).select(found.cuts().get(i)))).isEqualTo(expected[i]);
          }
          assertThat(found.removed()).isEqualTo(count);
          assertThat(found.total()).isEqualTo(sorted.size());
          double largest = count == 0 ? 0 : sorted.get(count - 1).cost();
          assertThat(found.threshold()).isEqualTo(largest);
        }
      }
    }
  }

  @Test
  void histogramsMergeInAnyGroupingAndCountEverythingOnce() {
    Random random = new Random(2);
    try (TensorScope scope = new TensorScope(device)) {
      List<CostHistogram> parts = new ArrayList<>();
      double[] all = new double[0];
      for (double[] layer : randomLayers(random, 1)) {
        parts.add(CostHistogram.of(costs(scope, layer), CostRange.ALL));
        all = Stream.of(all, layer).flatMapToDouble(Arrays::stream).toArray();
      }
      CostHistogram whole = CostHistogram.of(costs(scope, all), CostRange.ALL);
      CostHistogram fromLeft = parts.stream().reduce(CostHistogram::merge).orElseThrow();
      CostHistogram fromRight = parts.get(parts.size() - 1);
      for (int i = parts.size() - 2; i >= 0; i--) {
        fromRight = fromRight.merge(parts.get(i));
      }
      for (CostHistogram merged : List.of(fromLeft, fromRight)) {
        assertThat(merged.buckets()).isEqualTo(whole.buckets());
        assertThat(merged.counts()).isEqualTo(whole.counts());
        assertThat(merged.within()).isEqualTo(all.length);
        assertThat(merged.total()).isEqualTo(all.length);
      }
    }
  }

  @Test
  void anyNumberOfCandidatesTakesAtMostFourPasses() {
    double[] values = new Random(3).doubles(500, 1, 1.001).toArray();
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    long many = 1L << 40;
    try (TensorScope scope = new TensorScope(device)) {
      ElementCosts costs = costs(scope, values);
      CostRange range = CostRange.ALL;
      int passes = 0;
      ElementThreshold.Found found = null;
      while (found == null) {
        CostHistogram each = CostHistogram.of(costs, range);
        long[] counts = Arrays.stream(each.counts()).map(count -> count * many).toArray();
        CostHistogram copies =
            new CostHistogram(
                range,
                each.gone() * many,
                each.below() * many,
                each.total() * many,
                each.buckets(),
                counts);
        passes++;
        ElementThreshold.Step step = ElementThreshold.next(List.of(copies), 300 * many - 5);
        if (step instanceof ElementThreshold.Narrow narrow) {
          range = narrow.range();
        } else {
          found = (ElementThreshold.Found) step;
        }
      }
      assertThat(passes).isEqualTo(4);
      assertThat(found.threshold()).isEqualTo(sorted[299]);
      assertThat(found.cuts()).containsExactly(new CostCut(sorted[299], many - 5));
    }
  }

  @Test
  void bucketsCoverEveryCostInOrder() {
    double[] costs = {0, Double.MIN_VALUE, 1e-300, 1, Math.nextUp(1.0), 1e300, Double.MAX_VALUE};
    long last = -1;
    for (double cost : costs) {
      long bucket = CostRange.ALL.bucketOf(cost);
      assertThat(bucket).isBetween(Math.max(0, last), CostRange.ALL.buckets() - 1);
      assertThat(CostRange.ALL.cost(bucket)).isLessThanOrEqualTo(cost);
      CostRange exact = CostRange.ALL.within(bucket, 1);
      assertThat(exact.exact()).isTrue();
      assertThat(exact.cost(exact.bucketOf(cost))).isEqualTo(cost);
      assertThat(exact.bucketOf(Math.nextDown(CostRange.ALL.cost(bucket)))).isNegative();
      last = bucket;
    }
    assertThat(CostRange.ALL.bucketOf(2) - CostRange.ALL.bucketOf(1)).isEqualTo(32);
  }

  @Test
  void weightsThatAre0AreAlwaysRemoved() {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor weight = scope.own(device.tensor(Precision.DOUBLE, 2, 2, 0, 3, 1, -0.0));
      ElementCurvature flat = new ElementCurvature(new double[] {1, 1}, new double[] {1, 1});
      ElementCosts costs =
          ElementCosts.of(device, new PrunableLayer("layer", weight, false), flat, false);
      assertThat(flat(costs.select(CostCut.NOTHING))).containsExactly(true, false, false, true);
      ElementMask two = costs.select(CheapestElements.select(List.of(costs), 3).cuts().get(0));
      assertThat(flat(two)).containsExactly(true, false, true, true);
    }
  }

  @Test
  void neverMoreWeightsThanTheTarget() {
    assertThat(ElementThreshold.count(0.3, 791_040)).isEqualTo(237_312);
    assertThat(ElementThreshold.count(0.5, 7)).isEqualTo(3);
    assertThat(ElementThreshold.count(0, 7)).isZero();
    assertThat(ElementThreshold.count(1, 7)).isEqualTo(7);
    assertThatThrownBy(() -> ElementThreshold.count(1.1, 7)).isInstanceOf(InputException.class);
    assertThatIllegalArgumentException().isThrownBy(() -> ElementThreshold.next(List.of(), 1));
    assertThat(CheapestElements.select(List.of(), 0).total()).isZero();
  }

  /** Rows of four; with few values there are many ties. */
  private static List<double[]> randomLayers(Random random, int kind) {
    return IntStream.range(0, 1 + random.nextInt(4))
        .mapToObj(
            layer ->
                IntStream.range(0, 4 * (1 + random.nextInt(20)))
                    .mapToDouble(
                        i ->
                            switch (kind) {
                              case 0 -> random.nextInt(4);
                              case 1 -> Math.exp(40 * random.nextGaussian());
                              default -> 1 + 1e-15 * random.nextInt(10);
                            })
                    .toArray())
        .toList();
  }

  private static List<Place> sorted(List<double[]> layers) {
    return IntStream.range(0, layers.size())
        .boxed()
        .flatMap(
            layer ->
                IntStream.range(0, layers.get(layer).length)
                    .mapToObj(i -> new Place(layer, i, layers.get(layer)[i])))
        .sorted(
            Comparator.comparingDouble(Place::cost)
                .thenComparingInt(Place::layer)
                .thenComparingInt(Place::index))
        .toList();
  }

  private static boolean[][] marked(List<double[]> layers, List<Place> going) {
    boolean[][] marked = new boolean[layers.size()][];
    Arrays.setAll(marked, i -> new boolean[layers.get(i).length]);
    going.forEach(place -> marked[place.layer()][place.index()] = true);
    return marked;
  }

  /** Weights of 1 and such curvature that each costs exactly the given value. */
  private ElementCosts costs(TensorScope scope, double[] values) {
    int rows = values.length / 4;
    double[] ones = new double[values.length];
    Arrays.fill(ones, 1);
    double[] twice = Arrays.stream(values).map(value -> 2 * value).toArray();
    Tensor weight = scope.own(device.tensor(Precision.DOUBLE, rows, 4, ones));
    Tensor curvature = scope.own(device.tensor(Precision.DOUBLE, rows, 4, twice));
    return ElementCosts.of(device, new PrunableLayer("layer", weight, false), curvature, false);
  }

  private static boolean[] flat(ElementMask mask) {
    boolean[] flat = new boolean[mask.rows() * mask.columns()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = mask.removed(i / mask.columns(), i % mask.columns());
    }
    return flat;
  }
}
