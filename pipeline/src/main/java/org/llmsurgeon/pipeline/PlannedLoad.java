package org.llmsurgeon.pipeline;

/**
 * What a stage does each time.
 *
 * @param single flops in single precision
 * @param inverse flops in double precision
 * @param read bytes read from files
 * @param written bytes written to files
 * @param memory what a process that does its work takes
 */
record PlannedLoad(
    double single, double inverse, long read, long written, PlannedMemory.Need memory) {
  /** Nothing. */
  static final PlannedLoad NONE = new PlannedLoad(0, 0, 0, 0, PlannedMemory.Need.NONE);
}
