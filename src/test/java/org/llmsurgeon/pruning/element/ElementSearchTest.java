package org.llmsurgeon.pruning.element;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.pruning.structure.PrunableLayer;

class ElementSearchTest {
  private final Device device = new ReferenceDevice();

  @AfterEach
  void close() {
    device.close();
  }

  /** What each candidate of a layer costs, in one row. */
  private record Costs(double[] values) {}

  /** A weight of 1 under a curvature of twice the cost costs just that. */
  private CostHistogram histogram(Costs layer, CostRange range) {
    double[] ones = new double[layer.values().length];
    Arrays.fill(ones, 1);
    double[] twice = Arrays.stream(layer.values()).map(value -> 2 * value).toArray();
    try (Tensor weight = device.tensor(Precision.DOUBLE, 1, ones.length, ones);
        Tensor curvature = device.tensor(Precision.DOUBLE, 1, twice.length, twice)) {
      PrunableLayer prunable = new PrunableLayer("layer", weight, false);
      return CostHistogram.of(ElementCosts.of(device, prunable, curvature, false), range);
    }
  }

  private static List<Costs> layers(Random random, double spread, int ties) {
    List<Costs> layers = new ArrayList<>();
    for (int layer = 0; layer < 4; layer++) {
      double scale = Math.pow(10, spread * random.nextGaussian());
      double[] values = new double[20 + random.nextInt(60)];
      Arrays.setAll(values, i -> scale * (random.nextInt(ties) + 1) / ties);
      layers.add(new Costs(values));
    }
    return layers;
  }

  /** By definition: the cheapest first, unless the layer has lost what it may. */
  private static boolean[][] greedy(List<Costs> layers, long count, long[] most) {
    boolean[][] gone = new boolean[layers.size()][];
    Arrays.setAll(gone, layer -> new boolean[layers.get(layer).values().length]);
    long[] left = most.clone();
    List<int[]> order = new ArrayList<>();
    for (int layer = 0; layer < gone.length; layer++) {
      for (int i = 0; i < gone[layer].length; i++) {
        order.add(new int[] {layer, i});
      }
    }
    order.sort(Comparator.comparingDouble(each -> layers.get(each[0]).values()[each[1]]));
    long taken = 0;
    for (int[] each : order) {
      if (taken < count && left[each[0]] > 0) {
        gone[each[0]][each[1]] = true;
        left[each[0]]--;
        taken++;
      }
    }
    return gone;
  }

  private boolean[][] searched(List<Costs> layers, long count, long[] most) {
    ElementSearch search = new ElementSearch(count, most);
    int passes = 0;
    while (!search.isDone()) {
      List<CostRange> ranges = search.ranges();
      List<CostHistogram> counted = new ArrayList<>();
      for (int i = 0; i < layers.size(); i++) {
        CostRange range = ranges.get(i);
        counted.add(range == null ? null : histogram(layers.get(i), range));
      }
      search.counted(counted);
      assertThat(++passes).isLessThan(20);
    }
    assertThat(search.found().removed()).isEqualTo(count);
    boolean[][] gone = new boolean[layers.size()][];
    for (int layer = 0; layer < gone.length; layer++) {
      double[] values = layers.get(layer).values();
      CostCut.Walk walk = search.found().cuts().get(layer).walk();
      gone[layer] = new boolean[values.length];
      for (int i = 0; i < values.length; i++) {
        gone[layer][i] = walk.takes(values[i], 1);
      }
    }
    return gone;
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 1000})
  void theSearchTakesTheCheapestThatMayGo(int ties) {
    Random random = new Random(ties);
    for (int trial = 0; trial < 200; trial++) {
      List<Costs> layers = layers(random, trial % 3, ties);
      long[] most =
          layers.stream()
              .mapToLong(each -> random.nextInt(each.values().length + 1))
              .map(each -> random.nextInt(4) == 0 ? 0 : each)
              .toArray();
      long count = (long) (random.nextDouble() * (Arrays.stream(most).sum() + 1));
      assertThat(searched(layers, count, most))
          .as("trial %d: %d of %s", trial, count, Arrays.toString(most))
          .isDeepEqualTo(greedy(layers, count, most));
    }
  }

  @Test
  void withNumbersThatAddUpToTheCountEveryLayerLosesItsOwn() {
    List<Costs> layers = layers(new Random(7), 2, 1000);
    long[] most = layers.stream().mapToLong(each -> each.values().length / 3).toArray();
    boolean[][] gone = searched(layers, Arrays.stream(most).sum(), most);
    for (int layer = 0; layer < most.length; layer++) {
      boolean[] one = gone[layer];
      assertThat(IntStream.range(0, one.length).filter(i -> one[i]).count()).isEqualTo(most[layer]);
    }
  }

  @Test
  void withoutLimitsTheThresholdIsTheCommonOne() {
    List<Costs> layers = layers(new Random(8), 1, 50);
    long[] all = layers.stream().mapToLong(each -> each.values().length).toArray();
    long count = Arrays.stream(all).sum() / 2;
    ElementSearch search = new ElementSearch(count, all);
    CostRange range = CostRange.ALL;
    while (true) {
      CostRange now = range;
      assertThat(search.ranges()).containsOnly(now);
      List<CostHistogram> counted = layers.stream().map(each -> histogram(each, now)).toList();
      search.counted(counted);
      ElementThreshold.Step step = ElementThreshold.next(counted, count);
      if (step instanceof ElementThreshold.Found found) {
        assertThat(search.isDone()).isTrue();
        assertThat(search.found()).isEqualTo(found);
        return;
      }
      range = ((ElementThreshold.Narrow) step).range();
    }
  }

  @Test
  void moreThanMayGoIsAnError() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ElementSearch(6, new long[] {2, 3}));
  }
}
