package org.llmsurgeon.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/** Against neurons of inputs that are drawn from a normal distribution. */
class NeuronMomentsTest {
  private static final int INPUTS = 3;
  private static final int NEURONS = 6;
  private static final int DRAWS = 200_000;

  private final Random random = new Random(4);

  private double[] numbers(int count) {
    return random.doubles(count, -1, 1).toArray();
  }

  private static double dot(double[] matrix, int row, double[] x) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += matrix[row * x.length + i] * x[i];
    }
    return sum;
  }

  /** Correlated inputs. */
  private double[] draw(double[] mixing) {
    double[] z = random.doubles(INPUTS).map(unused -> random.nextGaussian()).toArray();
    double[] x = new double[INPUTS];
    for (int i = 0; i < INPUTS; i++) {
      x[i] = dot(mixing, i, z);
    }
    return x;
  }

  private static void addOuter(double[] x, double[] sum) {
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x.length; j++) {
        sum[i * x.length + j] += x[i] * x[j] / DRAWS;
      }
    }
  }

  @Test
  void areThoseOfGatedNeurons() {
    double[] mixing = numbers(INPUTS * INPUTS);
    double[] gate = numbers(NEURONS * INPUTS);
    double[] up = numbers(NEURONS * INPUTS);
    double[] a = new double[INPUTS * INPUTS];
    double[] seen = new double[NEURONS];
    for (int draw = 0; draw < DRAWS; draw++) {
      double[] x = draw(mixing);
      addOuter(x, a);
      for (int n = 0; n < NEURONS; n++) {
        seen[n] += Math.pow(Math.max(0, dot(gate, n, x)) * dot(up, n, x), 2) / DRAWS;
      }
    }
    try (Device device = new ReferenceDevice();
        Tensor factor = device.tensor(Precision.DOUBLE, INPUTS, INPUTS, a);
        Tensor gates = device.tensor(Precision.DOUBLE, NEURONS, INPUTS, gate);
        Tensor ups = device.tensor(Precision.DOUBLE, NEURONS, INPUTS, up)) {
      double[] moments = NeuronMoments.gated(device, factor, gates, ups);
      for (int n = 0; n < NEURONS; n++) {
        assertThat(moments[n] / seen[n]).isCloseTo(1, within(0.05));
      }
    }
  }
}
