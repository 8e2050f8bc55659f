package org.llmsurgeon.pruning.threshold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.pruning.PlainThreshold;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.RowsColumns;
import org.llmsurgeon.pruning.structure.Selection;

class GlobalThresholdTest {
  @Test
  void itTakesWhatAPlainSearchTakes() {
    Random random = new Random(1);
    for (int trial = 0; trial < 2000; trial++) {
      List<StructureCosts> layers = randomLayers(random);
      RowsColumns structures =
          new RowsColumns[] {
                RowsColumns.BOTH, new RowsColumns(true, false), new RowsColumns(false, true)
              }
              [random.nextInt(3)];
      double target = random.nextInt(21) / 20.0;
      ThresholdResult result = GlobalThreshold.select(layers, target, structures);
      PlainThreshold expected = new PlainThreshold(layers, target, structures);
      assertThat(result.selections()).isEqualTo(expected.selections());
      assertThat(result.removed()).isEqualTo(expected.countRemoved());
      assertThat(result.threshold()).isEqualTo(expected.threshold);
      assertThat((double) result.removed()).isLessThanOrEqualTo(target * result.total());
    }
  }

  @Test
  void aLayerLosesNoMoreThanItMayAndTheOthersGoOn() {
    Random random = new Random(2);
    for (int trial = 0; trial < 1000; trial++) {
      List<StructureCosts> layers = randomLayers(random);
      double target = random.nextInt(21) / 20.0;
      long[] most =
          layers.stream()
              .mapToLong(each -> random.nextInt((int) each.weights() + 1))
              .map(each -> random.nextInt(4) == 0 ? 0 : each)
              .toArray();
      ThresholdResult result = GlobalThreshold.select(layers, target, RowsColumns.BOTH, most);
      PlainThreshold expected = new PlainThreshold(layers, target, RowsColumns.BOTH, most);
      assertThat(result.selections()).isEqualTo(expected.selections());
      assertThat(result.threshold()).isEqualTo(expected.threshold);
      for (int i = 0; i < most.length; i++) {
        StructureCosts layer = layers.get(i);
        assertThat(result.selections().get(i).weights(layer.rows().length, layer.columns().length))
            .isLessThanOrEqualTo(most[i]);
      }
    }
  }

  @Test
  void ofALayerThatMayNotBeTouchedNotEvenZerosAreSelected() {
    Selection zeros = new Selection(new int[] {0}, new int[0]);
    StructureCosts layer = new StructureCosts("a", new double[2], new double[3], zeros);
    List<StructureCosts> both = List.of(layer, layer);
    ThresholdResult result = GlobalThreshold.select(both, 0.5, RowsColumns.BOTH, new long[] {0, 6});
    assertThat(result.selections().get(0)).isEqualTo(Selection.NONE);
    assertThat(result.selections().get(1).rows()).contains(0);
  }

  @Test
  void aThresholdForEachLayerIsThatOfTheLayerAlone() {
    Random random = new Random(3);
    for (int trial = 0; trial < 100; trial++) {
      List<StructureCosts> layers = randomLayers(random);
      double[] targets = layers.stream().mapToDouble(each -> random.nextInt(5) / 5.0).toArray();
      ThresholdResult result = GlobalThreshold.selectEach(layers, targets, RowsColumns.BOTH);
      double threshold = 0;
      for (int i = 0; i < targets.length; i++) {
        ThresholdResult alone =
            GlobalThreshold.select(List.of(layers.get(i)), targets[i], RowsColumns.BOTH);
        if (targets[i] > 0) {
          assertThat(result.selections().get(i)).isEqualTo(alone.selections().get(0));
          threshold = Math.max(threshold, alone.threshold());
        } else {
          assertThat(result.selections().get(i)).isEqualTo(Selection.NONE);
        }
      }
      assertThat(result.threshold()).isEqualTo(threshold);
    }
  }

  @Test
  void aWeightInARowAndAColumnThatGoCountsOnce() {
    StructureCosts layer = costs("a", new double[] {1, 9, 9}, new double[] {2, 9, 9, 9});
    ThresholdResult result = GlobalThreshold.select(List.of(layer), 0.5, RowsColumns.BOTH);
    assertThat(result.selections()).containsExactly(new Selection(new int[] {0}, new int[] {0}));
    assertThat(result.removed()).isEqualTo(4 + 3 - 1);
    assertThat(result.removed()).isEqualTo(result.selections().get(0).weights(3, 4));
    assertThat(result.total()).isEqualTo(12);
    assertThat(result.threshold()).isEqualTo(2);
  }

  @Test
  void itStopsAtTheFirstThatWouldPassTheTargetThoughALaterOneFits() {
    StructureCosts wide = costs("wide", new double[] {1, 3}, new double[] {9, 9, 9, 9, 9, 9});
    StructureCosts narrow = costs("narrow", new double[] {4, 4, 4, 4}, new double[] {9});
    ThresholdResult result =
        GlobalThreshold.select(List.of(wide, narrow), 8 / 16.0, RowsColumns.BOTH);
    assertThat(result.removed()).isEqualTo(6);
    assertThat(result.selections().get(1)).isEqualTo(Selection.NONE);
  }

  @Test
  void aTargetThatIsMetExactlyIsReached() {
    StructureCosts layer = costs("a", new double[] {1, 2, 3, 4}, new double[] {9, 9, 9, 9, 9});
    assertThat(GlobalThreshold.select(List.of(layer), 0.5, RowsColumns.BOTH).removed())
        .isEqualTo(10);
    assertThat(GlobalThreshold.select(List.of(layer), 0.4999, RowsColumns.BOTH).removed())
        .isEqualTo(5);
  }

  @Test
  void whatAddsNothingMoreNeverStopsTheWalk() {
    // All rows are gone after cost 2, so the columns at 3 and 4 add nothing.
    StructureCosts gone = costs("gone", new double[] {1, 2}, new double[] {3, 4});
    StructureCosts other = costs("other", new double[] {8, 9}, new double[] {9, 9});
    ThresholdResult result = GlobalThreshold.select(List.of(gone, other), 0.5, RowsColumns.BOTH);
    assertThat(result.selections().get(0))
        .isEqualTo(new Selection(new int[] {0, 1}, new int[] {0, 1}));
    assertThat(result.removed()).isEqualTo(4);
    assertThat(result.threshold()).isEqualTo(4);
  }

  @Test
  void tiesGoByLayerThenRowsBeforeColumnsThenIndex() {
    StructureCosts first = costs("first", new double[] {5, 5}, new double[] {5, -0.0});
    StructureCosts second = costs("second", new double[] {0.0, 5}, new double[] {5, 5});
    List<StructureCosts> both = List.of(first, second);
    List<Selection> selections =
        GlobalThreshold.select(both, 2 / 8.0, RowsColumns.BOTH).selections();
    assertThat(selections.get(0)).isEqualTo(new Selection(new int[] {}, new int[] {1}));
    assertThat(selections.get(1)).isEqualTo(Selection.NONE);
    selections = GlobalThreshold.select(both, 5 / 8.0, RowsColumns.BOTH).selections();
    assertThat(selections.get(0)).isEqualTo(new Selection(new int[] {0}, new int[] {1}));
    assertThat(selections.get(1)).isEqualTo(new Selection(new int[] {0}, new int[] {}));
  }

  @Test
  void deadStructureGoesFirstAndCounts() {
    StructureCosts live = costs("live", new double[] {1e-9, 1}, new double[] {1, 1});
    StructureCosts dead = costs("dead", new double[] {1, 0}, new double[] {1, 1});
    ThresholdResult result = GlobalThreshold.select(List.of(live, dead), 3 / 8.0, RowsColumns.BOTH);
    assertThat(result.selections().get(1)).isEqualTo(new Selection(new int[] {1}, new int[] {}));
    assertThat(result.removed()).isEqualTo(2);
    assertThat(result.threshold()).isZero();
  }

  @Test
  void theWholeModelMayGo() {
    List<StructureCosts> layers = randomLayers(new Random(2));
    ThresholdResult result = GlobalThreshold.select(layers, 1, RowsColumns.BOTH);
    assertThat(result.removed()).isEqualTo(result.total());
  }

  @Test
  void noLayersAreNothingToRemove() {
    ThresholdResult result = GlobalThreshold.select(List.of(), 0.5, RowsColumns.BOTH);
    assertThat(result.selections()).isEmpty();
    assertThat(result.total()).isZero();
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.01, 1.01, Double.NaN})
  void aTargetThatIsNoShareIsTheUsersMistake(double target) {
    assertThatThrownBy(() -> GlobalThreshold.select(List.of(), target, RowsColumns.BOTH))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(Double.toString(target));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void aCostThatIsNotFiniteIsNamed(double bad) {
    StructureCosts row = costs("a", new double[] {1, bad}, new double[] {1});
    StructureCosts column = costs("b", new double[] {1}, new double[] {1, 1, bad});
    assertThatThrownBy(() -> GlobalThreshold.select(List.of(row), 0.5, RowsColumns.BOTH))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContainingAll("layer a", "cost of row 1");
    assertThatThrownBy(() -> GlobalThreshold.select(List.of(column), 0.5, RowsColumns.BOTH))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContainingAll("layer b", "cost of column 2");
  }

  @Test
  void aMillionStructuresAreOrderedInSeconds() {
    Random random = new Random(3);
    List<StructureCosts> layers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      layers.add(costs("l" + i, random.doubles(2500).toArray(), random.doubles(2500).toArray()));
    }
    long start = System.nanoTime();
    ThresholdResult result = GlobalThreshold.select(layers, 0.5, RowsColumns.BOTH);
    assertThat((System.nanoTime() - start) / 1e9).isLessThan(10);
    assertThat((double) result.removed() / result.total()).isCloseTo(0.5, within(1e-5));
  }

  /** Few distinct costs, so that ties are the rule. */
  private static List<StructureCosts> randomLayers(Random random) {
    List<StructureCosts> layers = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(4); i++) {
      double[] rows = random.ints(1 + random.nextInt(5), 0, 6).asDoubleStream().toArray();
      double[] columns = random.ints(1 + random.nextInt(5), 0, 6).asDoubleStream().toArray();
      layers.add(costs("layer " + i, rows, columns));
    }
    return layers;
  }

  @Test
  void whatIsGoneGoesFirstAndIsNeverGivenUpForWhatDiedSince() {
    // Layer "first" has a row that died just now (cost 0); layer "second" lost its row before.
    StructureCosts first = new StructureCosts("first", new double[] {0, 5}, new double[] {9, 9});
    StructureCosts second =
        new StructureCosts(
            "second",
            new double[] {7, 0},
            new double[] {9, 9},
            new Selection(new int[] {1}, new int[0]));
    ThresholdResult tight = GlobalThreshold.select(List.of(first, second), 0.25, RowsColumns.BOTH);
    assertThat(tight.selections())
        .containsExactly(Selection.NONE, new Selection(new int[] {1}, new int[0]));
    ThresholdResult wide = GlobalThreshold.select(List.of(first, second), 0.5, RowsColumns.BOTH);
    assertThat(wide.selections())
        .containsExactly(
            new Selection(new int[] {0}, new int[0]), new Selection(new int[] {1}, new int[0]));
    assertThat(wide.removed()).isEqualTo(4);
  }

  private static StructureCosts costs(String layer, double[] rows, double[] columns) {
    return new StructureCosts(layer, rows, columns);
  }
}
