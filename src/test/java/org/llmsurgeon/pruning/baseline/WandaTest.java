package org.llmsurgeon.pruning.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.pruning.RandomLayer;
import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;

class WandaTest {
  private final Device device = CpuDevice.create();

  @Test
  void everyRowLosesTheWeightsOfLeastScoreAndNothingElseChanges() {
    Random random = new Random(1);
    for (double share : new double[] {0, 0.3, 0.5, 0.99, 1}) {
      RandomLayer layer = RandomLayer.of(random, 7, 10);
      double[] pruned = prune(layer, new LayerSparsity.Share(share), false);
      for (int row = 0; row < 7; row++) {
        int[] order = byScore(layer, row, 0, 10);
        for (int rank = 0; rank < 10; rank++) {
          double weight = layer.weight()[row][order[rank]];
          double expected = rank < (int) (share * 10) ? 0 : weight;
          assertThat(pruned[row * 10 + order[rank]]).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void everyGroupKeepsTheWeightsOfGreatestScore() {
    RandomLayer layer = RandomLayer.of(new Random(2), 5, 13);
    double[] pruned = prune(layer, SparsityPattern.parse("1:4"), true);
    for (int row = 0; row < 5; row++) {
      for (int first = 0; first < 12; first += 4) {
        int[] order = byScore(layer, row, first, 4);
        for (int rank = 0; rank < 4; rank++) {
          double weight = layer.weight()[row][order[rank]];
          assertThat(pruned[row * 13 + order[rank]]).isEqualTo(rank < 3 ? 0 : weight);
        }
      }
      assertThat(pruned[row * 13 + 12]).as("bias").isEqualTo(layer.weight()[row][12]);
    }
  }

  private static int[] byScore(RandomLayer layer, int row, int first, int count) {
    return IntStream.range(first, first + count)
        .boxed()
        .sorted(
            Comparator.comparingDouble(c -> Math.pow(layer.weight()[row][c], 2) * layer.a()[c][c]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @Test
  void amongEqualsTheFirstGo() {
    double[][] weight = {{1, -1, 1, 1, 1}};
    double[][] a = new double[5][5];
    for (int i = 0; i < 5; i++) {
      a[i][i] = 1;
    }
    RandomLayer layer = new RandomLayer(weight, new double[][] {{1}}, a);
    assertThat(prune(layer, new LayerSparsity.Share(0.4), false)).containsExactly(0, 0, 1, 1, 1);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    RandomLayer layer = RandomLayer.of(new Random(3), 2, 6);
    assertThatThrownBy(() -> prune(layer, SparsityPattern.parse("2:4"), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("fc1");
    assertThatThrownBy(() -> new LayerSparsity.Share(1.1)).isInstanceOf(InputException.class);
    RandomLayer wrong = new RandomLayer(layer.weight(), layer.g(), layer.g());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> prune(wrong, new LayerSparsity.Share(0.5), false))
        .withMessageContaining("fc1");
  }

  private double[] prune(RandomLayer layer, LayerSparsity sparsity, boolean bias) {
    try (TensorScope scope = new TensorScope(device)) {
      PrunableLayer of = new PrunableLayer("fc1", RandomLayer.tensor(scope, layer.weight()), bias);
      Tensor a = RandomLayer.tensor(scope, layer.a());
      return device.values(scope.own(Wanda.prune(device, of, a, sparsity)));
    }
  }
}
