package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;

/** Weights as they are stored, and steps of an optimiser, against their definition. */
interface TrainingContract extends DeviceUnderTest {
  private static short[] bfloats(int count) {
    short[] bits = new short[count];
    for (int i = 0; i < count; i++) {
      bits[i] = (short) (i * 40_503);
    }
    return bits;
  }

  @Test
  default void bfloat16IsTheUpperHalfOfAFloat() {
    int count = 70_001;
    short[] bits = bfloats(count);
    ByteBuffer stored = ByteBuffer.allocate(2 * count + 6).order(ByteOrder.LITTLE_ENDIAN);
    stored.position(6);
    stored.asShortBuffer().put(bits);
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor target = work.zeros(1, count + 5);
      device().uploadBfloat16(stored, target, 3);
      assertThat(stored.hasRemaining()).isFalse();
      float[] read = new float[count + 5];
      device().download(target, 0, read, 0, read.length);
      float[] expected = new float[count + 5];
      for (int i = 0; i < count; i++) {
        expected[i + 3] = Float.intBitsToFloat(bits[i] << 16);
      }
      assertThat(read).isEqualTo(expected);
    }
  }

  @Test
  default void moreBfloat16ThanThereIsRoomForIsRefused() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor target = work.zeros(2, 3);
      ByteBuffer stored = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> device().uploadBfloat16(stored, target, 3));
      assertThat(work.values(target)).containsOnly(0);
    }
  }

  @Test
  default void aStepOfAdamIsItsFormula() {
    int columns = 16_411;
    PlainMatrix value = PlainMatrix.random(2, columns, 1);
    PlainMatrix gradient = PlainMatrix.random(2, columns, 2);
    PlainMatrix mean = PlainMatrix.random(2, columns, 3);
    double[] squares = PlainMatrix.random(2, columns, 4).values().clone();
    for (int i = 0; i < squares.length; i++) {
      squares[i] *= squares[i];
    }
    AdamStep step =
        new AdamStep(0.05, 0.5, AdamStep.Mean.of(0.9, 3), AdamStep.Mean.of(0.99, 3), 1e-3, 0.25);
    try (Workspace work = workspace(Precision.SINGLE)) {
      AdamStep.Tensors tensors =
          new AdamStep.Tensors(
              work.tensor(value),
              work.tensor(gradient),
              work.tensor(mean),
              work.tensor(2, columns, squares));
      device().adam(step, tensors);
      double[] m = new double[squares.length];
      double[] v = new double[squares.length];
      double[] w = new double[squares.length];
      for (int i = 0; i < squares.length; i++) {
        double g = 0.5 * gradient.values()[i];
        m[i] = 0.9 * mean.values()[i] + 0.1 * g;
        v[i] = 0.99 * squares[i] + 0.01 * g * g;
        double corrected = m[i] / (1 - 0.9 * 0.9 * 0.9);
        double root = Math.sqrt(v[i] / (1 - 0.99 * 0.99 * 0.99)) + 1e-3;
        w[i] = value.values()[i] - 0.05 * (corrected / root + 0.25 * value.values()[i]);
      }
      double tolerance = tolerances(Precision.SINGLE).elementwise();
      Tolerances.assertClose("mean", work.values(tensors.first()), m, tolerance);
      Tolerances.assertClose("mean square", work.values(tensors.second()), v, tolerance);
      Tolerances.assertClose("value", work.values(tensors.value()), w, tolerance);
    }
  }
}
