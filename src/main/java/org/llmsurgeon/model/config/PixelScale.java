package org.llmsurgeon.model.config;

import java.io.Serializable;
import java.util.List;

/**
 * What becomes of the numbers of a pixel, 0 to 255, before a network reads them: {@code (number
 * factor - mean) / deviation}, of each channel.
 *
 * @param factor on all numbers
 * @param mean of each channel
 * @param deviation of each channel, not 0
 */
public record PixelScale(double factor, List<Double> mean, List<Double> deviation)
    implements Serializable {
  private static final int LEVELS = 256;

  /** Copies the lists. */
  public PixelScale {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
  }

  /**
   * What becomes of every number of a channel.
   *
   * @param channel index from 0
   */
  public float[] table(int channel) {
    float[] table = new float[LEVELS];
    for (int level = 0; level < LEVELS; level++) {
      table[level] = (float) ((level * factor - mean.get(channel)) / deviation.get(channel));
    }
    return table;
  }
}
