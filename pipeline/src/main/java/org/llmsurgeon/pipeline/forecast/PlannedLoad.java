package org.llmsurgeon.pipeline.forecast;

import org.llmsurgeon.pipeline.forecast.size.ProcessMemory;

/**
 * What a stage does each time.
 *
 * @param single flops in single precision
 * @param inverse flops in double precision
 * @param touched numbers that activations, norms, softmax and losses go over
 * @param read bytes read from files
 * @param written bytes written to files
 * @param memory what a process that does its work takes
 */
record PlannedLoad(
    double single, double inverse, double touched, long read, long written, ProcessMemory memory) {
  /** Nothing. */
  static final PlannedLoad NONE = new PlannedLoad(0, 0, 0, 0, ProcessMemory.NONE);

  /** What touches nothing but matrices. */
  PlannedLoad(double single, double inverse, long read, long written, ProcessMemory memory) {
    this(single, inverse, 0, read, written, memory);
  }

  /**
   * The same with more to go over.
   *
   * @param numbers how many
   */
  PlannedLoad touching(double numbers) {
    return new PlannedLoad(single, inverse, numbers, read, written, memory);
  }
}
