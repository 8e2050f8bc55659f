package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;

@DisplayName("An objective")
class ObjectiveTest {
  /** Every other position is to say the token that it reads, the others count for nothing. */
  private record Copy() implements Objective {
    @Override
    public String label() {
      return "copy";
    }

    @Override
    public Example example(int[] window) {
      int[] targets = window.clone();
      for (int i = 1; i < targets.length; i += 2) {
        targets[i] = -1;
      }
      return new Example(window, targets);
    }

    @Override
    public String metric() {
      return "worst loss";
    }

    @Override
    public double score(double[] losses) {
      return Arrays.stream(losses).max().orElseThrow();
    }
  }

  @Test
  void saysWhatIsToBeSaidAndWhatCounts() {
    ModelConfig next = TinyModels.llama();
    ModelConfig copy = next.with(new Copy());
    int[][] windows = {{3, 1, 4, 1, 5}};
    try (Device device = new ReferenceDevice();
        LanguageModel model = LanguageModel.load(copy, TinyModels.weights(copy, 1), device);
        Tensor logits = model.logits(windows[0])) {
      double[] all = device.values(logits);
      double sum = 0;
      for (int position = 0; position < 5; position += 2) {
        double[] row =
            Arrays.copyOfRange(
                all, position * next.vocabulary(), (position + 1) * next.vocabulary());
        double total = Arrays.stream(row).map(Math::exp).sum();
        sum += Math.log(total) - row[windows[0][position]];
      }
      RecordingTap tap = new RecordingTap(device);
      assertThat(model.losses(windows)[0]).isCloseTo(sum / 3, within(1e-5));
      assertThat(model.calibrate(windows, tap)[0]).isCloseTo(sum / 3, within(1e-5));
      String last = copy.linear(copy.blockCount() - 1, LinearRole.DOWN).name();
      // In the last block a position feels its own loss only.
      List<double[]> gradients = tap.gradients.get(last);
      assertThat(Arrays.stream(gradients.get(1))).allMatch(each -> each == 0);
      assertThat(Arrays.stream(gradients.get(4))).noneMatch(each -> each == 0);
    }
  }

  @Test
  void isTheNextTokenForLanguageModels() {
    Objective objective = TinyModels.llama().objective();
    assertThat(objective.label()).isEqualTo("next-token");
    assertThat(objective.example(new int[] {7, 8, 9}).targets()).containsExactly(8, 9, -1);
    assertThat(objective.metric()).isEqualTo("perplexity");
    assertThat(objective.score(new double[] {1, 3})).isCloseTo(Math.exp(2), within(1e-12));
  }
}
