package org.llmsurgeon.pipeline.forecast.size;

import org.llmsurgeon.pipeline.cluster.KeptMemory;

/**
 * Where a run is planned for, and how fast it is there.
 *
 * @param executors processes that do the tasks
 * @param cores cores, and so most tasks at a time, of each
 * @param memory bytes that each may take, its heap included
 * @param rates what one core and one disk do in a second
 */
public record Machines(int executors, int cores, long memory, Rates rates) {
  /** Checks the counts. */
  public Machines {
    if (executors < 1 || cores < 1 || memory < 1) {
      throw new org.llmsurgeon.InputException(
          "A plan needs at least one executor with a core and some memory; give --executors,"
              + " --cores and --memory above 0.");
    }
  }

  /**
   * Speeds.
   *
   * @param single products of matrices in single precision on one core, flops per second
   * @param inverse inverses in double precision on one core, flops per second
   * @param disk bytes per second that a task reads or writes
   */
  public record Rates(double single, double inverse, double disk) {
    /** Checks the speeds. */
    public Rates {
      if (!(single > 0 && inverse > 0 && disk > 0)) {
        throw new org.llmsurgeon.InputException(
            "A speed is not above 0; give --gflops, --gflops-double and --disk above 0.");
      }
    }
  }

  /** Bytes that one task keeps between forward and backward, as {@link KeptMemory} has them. */
  long keepBytes() {
    return KeptMemory.share(memory, cores);
  }
}
