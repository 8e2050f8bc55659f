package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/** Cross-entropy: known values, ignored rows, extreme logits, equality with the reference. */
interface CrossEntropyContract extends DeviceUnderTest {
  @Test
  default void uniformLogitsCostTheLogarithmOfTheVocabulary() {
    for (int vocabulary : new int[] {1, 2, 9, 300}) {
      try (Workspace work = workspace(Precision.SINGLE)) {
        Tensor logits = work.zeros(2, vocabulary);
        device().addBias(work.tensor(1, vocabulary, filled(vocabulary, 3.25)), logits);
        double[] losses = work.losses(logits, 0, vocabulary - 1);
        double[] expected = filled(2, Math.log(vocabulary));
        // The sum is of 32-bit exponentials; what is absolute 1e-6 in nats is good enough
        assertThat(losses).containsExactly(expected, offset(1e-6));
      }
    }
  }

  @Test
  default void rowsThatDoNotCountCostNothingAndHaveNoGradient() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor logits = work.random(3, 5, 1);
      int[] targets = {-1, 2, -1};
      double[] losses = work.losses(logits, targets);
      assertThat(losses[0]).isZero();
      assertThat(losses[1]).isPositive();
      assertThat(losses[2]).isZero();
      device().crossEntropyBackward(logits, work.perRow(targets), new double[] {5, 5, 5});
      double[] gradient = work.values(logits);
      Tolerances.assertClose("first", Arrays.copyOf(gradient, 5), new double[5], 0);
      Tolerances.assertClose("last", Arrays.copyOfRange(gradient, 10, 15), new double[5], 0);
      assertThat(gradient[7]).as("at the target").isNegative();
    }
  }

  @Test
  default void extremeLogitsStayFinite() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor logits = work.tensor(4, 3, 1e4, -1e4, 0, 1e4, -1e4, 0, 1e4, 1e4, 1e4, -1e4, -1e4, 0);
      int[] targets = {0, 1, 2, 2};
      double[] losses = work.losses(logits, targets);
      Tolerances.assertClose("losses", losses, new double[] {0, 2e4, Math.log(3), 0}, 1e-7);
      device().crossEntropyBackward(logits, work.perRow(targets), new double[] {1, 1, 3, 1});
      double[] expected = {0, 0, 0, 1, -1, 0, 1, 1, -2, 0, 0, 0};
      Tolerances.assertClose("gradient", work.values(logits), expected, 1e-6);
    }
  }

  @Test
  default void lossesAndGradientsAreThoseOfTheReference() {
    for (int[] size :
        new int[][] {{0, 5}, {1, 1}, {2, 2}, {7, 9}, {33, 130}, {300, 67}, {3, 5001}}) {
      int[] targets = new int[size[0]];
      double[] weights = new double[size[0]];
      for (int t = 0; t < size[0]; t++) {
        targets[t] = t % 5 == 4 ? -1 : (31 * t) % size[1];
        weights[t] = 0.5 + t % 3;
      }
      double[] losses = losses(device(), size, targets);
      double[] expected = losses(new ReferenceDevice(), size, targets);
      assertThat(losses).containsExactly(expected, offset(2e-6));
      assertAsReference(
          "gradient of %d x %d".formatted(size[0], size[1]),
          tolerances(Precision.SINGLE).elementwise(),
          work -> {
            Tensor logits = work.random(size[0], size[1], 1);
            work.device().scale(4, logits);
            Tensor own = work.perRow(new double[size[0]]);
            work.device()
                .crossEntropyAndBackward(logits, targets, own, work.perRow(targets), weights);
            return List.of(logits, own);
          });
    }
  }

  @Test
  default void drawsHitThePartsOfTheDistribution() {
    double[] logits = {Math.log(0.5), Math.log(0.25), Math.log(0.25)};
    double[] uniforms = {0, 0.49, 0.51, 0.74, 0.76, 0.999999, -1};
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor rows = work.zeros(uniforms.length, 3);
      device().addBias(work.tensor(1, 3, logits), rows);
      assertThat(work.drawn(rows, uniforms)).containsExactly(0, 0, 1, 1, 2, 2, -1);
      Tensor wrong = work.tensor(1, 2, Double.NaN, Double.NaN);
      assertThat(work.drawn(wrong, 0.5)).as("of no numbers").containsExactly(1);
    }
  }

  @Test
  default void drawsAreThoseOfTheReference() {
    for (int columns : new int[] {1, 2, 31, 33, 130, 5001}) {
      double[] uniforms = new double[40];
      for (int i = 0; i < uniforms.length; i++) {
        uniforms[i] = i % 7 == 6 ? -1 : (i * 0.618034) % 1;
      }
      int[][] drawn = new int[2][];
      Device[] devices = {device(), new ReferenceDevice()};
      for (int i = 0; i < 2; i++) {
        try (Workspace work = new Workspace(devices[i], Precision.SINGLE)) {
          drawn[i] = work.drawn(work.random(uniforms.length, columns, 1), uniforms);
        }
      }
      assertThat(drawn[0]).as("of %d", columns).containsExactly(drawn[1]);
    }
  }

  private static double[] losses(Device device, int[] size, int[] targets) {
    try (Workspace work = new Workspace(device, Precision.SINGLE)) {
      Tensor logits = work.random(size[0], size[1], 1);
      device.scale(4, logits);
      return work.losses(logits, targets);
    }
  }

  private static double[] filled(int count, double value) {
    double[] values = new double[count];
    Arrays.fill(values, value);
    return values;
  }
}
