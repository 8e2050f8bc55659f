package org.llmsurgeon.model.config;

import java.util.List;

/**
 * How a model stretches its rotary frequencies to reach further than it was first trained for, as
 * the transformers library computes it. The {@code dynamic} kind changes nothing up to the model's
 * longest sequence, so is {@link None} here.
 */
public sealed interface RotaryScaling {
  /**
   * Puts the frequencies that are used in the place of the plain ones.
   *
   * @param positions what is scaled
   * @param length tokens of the sequences
   * @param frequencies radians per position; changed
   */
  void apply(RotaryPositions positions, int length, double[] frequencies);

  /** Factor on sines and cosines. */
  default double factor() {
    return 1;
  }

  /** Frequencies as they are ({@code default}). */
  record None() implements RotaryScaling {
    @Override
    public void apply(RotaryPositions positions, int length, double[] frequencies) {}
  }

  /**
   * All frequencies divided by one factor ({@code linear}).
   *
   * @param divisor the divisor
   */
  record Linear(double divisor) implements RotaryScaling {
    @Override
    public void apply(RotaryPositions positions, int length, double[] frequencies) {
      for (int d = 0; d < frequencies.length; d++) {
        frequencies[d] /= divisor;
      }
    }
  }

  /**
   * Low frequencies divided by a factor, high ones kept, those between interpolated ({@code
   * llama3}, Llama 3.1).
   *
   * @param divisor of the low frequencies
   * @param lowFrequencyFactor waves longer than {@code originalPositions / lowFrequencyFactor}
   *     count as low
   * @param highFrequencyFactor waves shorter than {@code originalPositions / highFrequencyFactor}
   *     count as high
   * @param originalPositions context length of the first training
   */
  record Llama3(
      double divisor,
      double lowFrequencyFactor,
      double highFrequencyFactor,
      double originalPositions)
      implements RotaryScaling {
    @Override
    public void apply(RotaryPositions positions, int length, double[] frequencies) {
      for (int d = 0; d < frequencies.length; d++) {
        frequencies[d] = scaled(frequencies[d]);
      }
    }

    private double scaled(double frequency) {
      double wavesInContext = originalPositions * frequency / (2 * Math.PI);
      if (wavesInContext < lowFrequencyFactor) {
        return frequency / divisor;
      }
      if (wavesInContext > highFrequencyFactor) {
        return frequency;
      }
      double kept =
          (wavesInContext - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
      return (1 - kept) * frequency / divisor + kept * frequency;
    }
  }

  /**
   * A ramp over the dimensions from kept to divided frequencies ({@code yarn}, Peng et al. 2023).
   *
   * @param divisor of the low frequencies
   * @param fast turns in the original context above which a frequency is kept
   * @param slow turns below which it is divided
   * @param whole whether the ramp's ends are whole dimensions
   * @param originalPositions context length of the first training
   * @param factor on sines and cosines
   */
  record Yarn(
      double divisor,
      double fast,
      double slow,
      boolean whole,
      double originalPositions,
      double factor)
      implements RotaryScaling {
    @Override
    public void apply(RotaryPositions positions, int length, double[] frequencies) {
      double low = dimension(positions, fast);
      double high = dimension(positions, slow);
      low = Math.max(whole ? Math.floor(low) : low, 0);
      high = Math.min(whole ? Math.ceil(high) : high, positions.dimensions() - 1.0);
      double width = high == low ? 0.001 : high - low;
      for (int d = 0; d < frequencies.length; d++) {
        double divided = Math.min(1, Math.max(0, (d - low) / width));
        frequencies[d] = frequencies[d] / divisor * divided + frequencies[d] * (1 - divided);
      }
    }

    /** The dimension whose frequency turns so often in the original context. */
    private double dimension(RotaryPositions positions, double turns) {
      return positions.dimensions()
          * Math.log(originalPositions / (turns * 2 * Math.PI))
          / (2 * Math.log(positions.theta()));
    }
  }

  /**
   * A divisor of its own for each frequency, of two lists ({@code longrope}, Phi-3).
   *
   * @param shorter divisors for sequences up to the original length
   * @param longer divisors for longer ones
   * @param originalPositions context length of the first training
   * @param factor on sines and cosines
   */
  record Long(List<Double> shorter, List<Double> longer, int originalPositions, double factor)
      implements RotaryScaling {
    @Override
    public void apply(RotaryPositions positions, int length, double[] frequencies) {
      List<Double> divisors = length > originalPositions ? longer : shorter;
      for (int d = 0; d < frequencies.length; d++) {
        frequencies[d] /= divisors.get(d);
      }
    }
  }
}
