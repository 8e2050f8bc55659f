package org.llmsurgeon.pruning.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class ElementMaskTest {
  private final ReferenceDevice device = new ReferenceDevice();

  /** Wider than a word. */
  private final double[] values =
      IntStream.range(0, 3 * 130).mapToDouble(i -> i % 7 == 0 || i % 64 == 1 ? 0 : -i).toArray();

  @Test
  void zerosOfAWeightAreFoundWhereTheyAre() {
    ElementMask mask = ofValues();
    long count = 0;
    for (int row = 0; row < 3; row++) {
      int at = row * 130;
      int[] zeros = IntStream.range(0, 130).filter(i -> values[at + i] == 0).toArray();
      assertThat(mask.removedColumns(row)).isEqualTo(zeros);
      assertThat(mask.count(row)).isEqualTo(zeros.length);
      for (int column = 0; column < 130; column++) {
        assertThat(mask.removed(row, column)).isEqualTo(values[at + column] == 0);
      }
      count += zeros.length;
    }
    assertThat(mask.count()).isEqualTo(count);
  }

  @Test
  void whatIsClearedIsZeroWithoutASign() {
    ElementMask mask = ofValues();
    try (TensorScope scope = new TensorScope(device)) {
      Tensor weight = scope.own(device.tensor(Precision.SINGLE, 3, 130, randomWeights()));
      double[] before = device.values(weight);
      mask.clear(device, weight);
      double[] after = device.values(weight);
      double[] kept = device.values(scope.own(mask.kept(device, Precision.DOUBLE)));
      for (int i = 0; i < after.length; i++) {
        assertThat(kept[i]).isEqualTo(values[i] == 0 ? 0 : 1);
        assertThat(Double.doubleToRawLongBits(after[i]))
            .isEqualTo(Double.doubleToRawLongBits(values[i] == 0 ? 0 : before[i]));
      }
    }
  }

  private static double[] randomWeights() {
    return new Random(1).doubles(3 * 130, -2, -1).toArray();
  }

  @Test
  void aMaskContainsAnotherIfNothingOfItIsMissing() {
    ElementMask mask = ofValues();
    ElementMask more = ofValues();
    assertThat(mask).isEqualTo(more).hasSameHashCodeAs(more);
    more.remove(2, 129);
    assertThat(mask).isNotEqualTo(more);
    assertThat(more.contains(mask)).isTrue();
    assertThat(mask.contains(more)).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> mask.contains(new ElementMask(3, 129)));
  }

  @Test
  void aMaskOverSomeRowsAndColumnsIsThatPart() {
    ElementMask mask = ofValues();
    int[] rows = {0, 2};
    int[] columns = {1, 63, 64, 65, 70, 129};
    ElementMask part = mask.over(rows, columns);
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        assertThat(part.removed(i, j)).isEqualTo(mask.removed(rows[i], columns[j]));
      }
    }
  }

  @Test
  void wholeRowsAndColumnsAreTheirWeights() {
    Selection selection = new Selection(new int[] {1}, new int[] {0, 129});
    ElementMask mask = ElementMask.of(selection, 3, 130);
    assertThat(mask.count()).isEqualTo(selection.weights(3, 130));
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 130; column++) {
        boolean expected = row == 1 || column == 0 || column == 129;
        assertThat(mask.removed(row, column)).isEqualTo(expected);
      }
    }
  }

  private ElementMask ofValues() {
    try (Tensor weight = device.tensor(Precision.DOUBLE, 3, 130, values)) {
      return ElementMask.ofZeros(device, weight);
    }
  }

  /**
   * Lines are a pattern however few, single zeros where they are more than an eighth of the rest.
   */
  @Test
  void aPatternIsLinesAndManySingleZeros() {
    double[] weight = new double[9 * 9];
    Arrays.fill(weight, 1);
    for (int row = 0; row < 9; row++) {
      weight[9 * row + 3] = 0;
    }
    // 72 weights are left beside the column that is gone; an eighth of them are 9.
    for (int row = 0; row < 8; row++) {
      weight[9 * row] = 0;
    }
    weight[1] = 0;
    assertThat(pattern(weight)).isEqualTo(9);
    weight[2] = 0;
    assertThat(pattern(weight)).isEqualTo(9 + 10);
  }

  private long pattern(double[] values) {
    try (Tensor weight = device.tensor(Precision.DOUBLE, 9, 9, values)) {
      return ElementMask.ofPattern(device, weight).count();
    }
  }
}
