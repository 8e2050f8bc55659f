package org.llmsurgeon.model;

/** How a model stretches its rotary frequencies to reach further than it was first trained for. */
public sealed interface RotaryScaling {
  /**
   * The frequency that is used in place of the plain one.
   *
   * @param frequency radians per position
   */
  double apply(double frequency);

  /** Frequencies as they are ({@code default}). */
  record None() implements RotaryScaling {
    @Override
    public double apply(double frequency) {
      return frequency;
    }
  }

  /**
   * All frequencies divided by one factor ({@code linear}).
   *
   * @param factor the divisor
   */
  record Linear(double factor) implements RotaryScaling {
    @Override
    public double apply(double frequency) {
      return frequency / factor;
    }
  }

  /**
   * Low frequencies divided by a factor, high ones kept, those between interpolated ({@code
   * llama3}, Llama 3.1).
   *
   * @param factor divisor of the low frequencies
   * @param lowFrequencyFactor waves longer than {@code originalPositions / lowFrequencyFactor}
   *     count as low
   * @param highFrequencyFactor waves shorter than {@code originalPositions / highFrequencyFactor}
   *     count as high
   * @param originalPositions context length of the first training
   */
  record Llama3(
      double factor,
      double lowFrequencyFactor,
      double highFrequencyFactor,
      double originalPositions)
      implements RotaryScaling {
    @Override
    public double apply(double frequency) {
      double wavesInContext = originalPositions * frequency / (2 * Math.PI);
      if (wavesInContext < lowFrequencyFactor) {
        return frequency / factor;
      }
      if (wavesInContext > highFrequencyFactor) {
        return frequency;
      }
      double kept =
          (wavesInContext - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
      return (1 - kept) * frequency / factor + kept * frequency;
    }
  }
}
