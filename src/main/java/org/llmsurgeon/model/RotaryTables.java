package org.llmsurgeon.model;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.Tensor;

/** Sines and cosines of all positions up to a length, computed in double and rounded once. */
final class RotaryTables implements AutoCloseable {
  private final Tensor cosine;
  private final Tensor sine;

  /**
   * @param frequencies radians per position, of each pair of dimensions
   * @param positions rows of the tables
   * @param device where the tables live
   * @param precision number format of the network
   */
  RotaryTables(double[] frequencies, int positions, Device device, Precision precision) {
    double[] cosines = new double[positions * frequencies.length];
    double[] sines = new double[cosines.length];
    for (int position = 0; position < positions; position++) {
      for (int d = 0; d < frequencies.length; d++) {
        double angle = position * frequencies[d];
        cosines[position * frequencies.length + d] = Math.cos(angle);
        sines[position * frequencies.length + d] = Math.sin(angle);
      }
    }
    cosine = device.tensor(precision, positions, frequencies.length, cosines);
    sine = device.tensor(precision, positions, frequencies.length, sines);
  }

  /**
   * The tables for sequences of a length.
   *
   * @param length at most the tables' positions
   */
  Rotary forLength(int length) {
    return new Rotary(cosine, sine, length);
  }

  @Override
  public void close() {
    cosine.close();
    sine.close();
  }
}
