package org.llmsurgeon.surgery.operate;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.curvature.accumulate.InputStatistics;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorSource;

/** A layer that lost inputs gives the same on average as before. */
class MeanCompensationTest {
  private static final int TOKENS = 7;
  private static final int INPUTS = 5;
  private static final int OUTPUTS = 3;

  private final Device device = new ReferenceDevice();
  private final Random random = new Random(3);

  private double[] values(int count) {
    return random.doubles(count, -1, 1).toArray();
  }

  @Test
  void theMeanOfTheOutputsStays() {
    LinearShape layer =
        new LinearShape(
            "down", 0, LinearRole.DOWN, LinearShape.NO_EXPERT, OUTPUTS, INPUTS, true, "down");
    double[] weight = values(OUTPUTS * INPUTS);
    double[] bias = values(OUTPUTS);
    double[] x = values(TOKENS * INPUTS);
    InputStatistics sums = new InputStatistics(INPUTS, 1);
    sums.add(device, device.tensor(Precision.DOUBLE, TOKENS, INPUTS, x), 0, TOKENS);
    double[] means = new double[3 * INPUTS];
    for (int i = 0; i < means.length; i++) {
      means[i] = sums.sums()[i] / TOKENS;
    }
    int[] gone = {1, 4};
    double[] cut = weight.clone();
    for (int r = 0; r < OUTPUTS; r++) {
      cut[r * INPUTS + 1] = 0;
      cut[r * INPUTS + 4] = 0;
    }
    LayerWeight after =
        new LayerWeight(
            device.tensor(Precision.DOUBLE, OUTPUTS, INPUTS, cut),
            device.tensor(Precision.DOUBLE, 1, OUTPUTS, bias));
    MeanCompensation.add(device, layer, source(weight), statistics(means), gone, after);
    Tolerances.assertClose(
        "mean output", mean(cut, device.values(after.bias()), x), mean(weight, bias, x), 1e-12);
    Tolerances.assertClose("weight", device.values(after.weight()), cut, 0);
  }

  private static double[] mean(double[] weight, double[] bias, double[] x) {
    double[] mean = bias.clone();
    for (int r = 0; r < OUTPUTS; r++) {
      for (int t = 0; t < TOKENS; t++) {
        for (int c = 0; c < INPUTS; c++) {
          mean[r] += weight[r * INPUTS + c] * x[t * INPUTS + c] / TOKENS;
        }
      }
    }
    return mean;
  }

  private static WeightSource source(double[] weight) {
    return new WeightSource() {
      @Override
      public boolean contains(String name) {
        return name.equals("down.weight");
      }

      @Override
      public int[] shape(String name) {
        return new int[] {OUTPUTS, INPUTS};
      }

      @Override
      public Tensor load(String name, Device device) {
        return device.tensor(Precision.DOUBLE, OUTPUTS, INPUTS, weight);
      }
    };
  }

  private static FactorSource statistics(double[] means) {
    return new FactorSource() {
      @Override
      public Tensor load(FactorKey key, Device device) {
        return device.tensor(Precision.DOUBLE, 3, INPUTS, means);
      }

      @Override
      public CalibrationSize size() {
        return CalibrationSize.NONE;
      }
    };
  }
}
