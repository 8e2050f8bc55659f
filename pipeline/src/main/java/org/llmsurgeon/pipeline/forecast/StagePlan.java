package org.llmsurgeon.pipeline.forecast;

import com.fasterxml.jackson.annotation.JsonUnwrapped;

/**
 * What one stage is expected to need, each time it runs. Nothing goes through Spark's shuffle.
 *
 * @param name stage
 * @param times how often it runs
 * @param tasks its tasks; 1 for work on the driver
 * @param atOnce tasks that an executor does at a time: as many as it has cores, or memory for
 * @param work what it does
 * @param memory most memory of a process that does its work
 * @param seconds wall-clock time of each, in the mean: the first is slower, while Java compiles
 */
public record StagePlan(
    String name,
    int times,
    int tasks,
    int atOnce,
    @JsonUnwrapped Work work,
    Memory memory,
    double seconds) {
  /**
   * What a stage does.
   *
   * @param flops floating-point operations
   * @param read bytes read from files
   * @param written bytes written to files
   */
  public record Work(double flops, long read, long written) {}

  /**
   * Memory of a process.
   *
   * @param process all of it, heap included, bytes
   * @param tensors the part that tensors take, mapped files left out, bytes
   * @param pooled the part that tensors of stages before took and the process keeps for the next
   * @param mapped the part that is mapped from files: the system takes it back when it must
   * @param card what is taken of the memory of each card, bytes; 0 where processors do the stage
   */
  public record Memory(long process, long tensors, long pooled, long mapped, long card) {
    /** What must be there for the stage itself: all but mapped files and what is kept. */
    public long least() {
      return process - mapped - pooled;
    }

    /** The same with more that is kept, in the place of what is. */
    private Memory keeping(long kept) {
      return new Memory(process - pooled + kept, tensors, kept, mapped, card);
    }
  }

  /** The same in a process that keeps memory of tensors, in bytes. */
  StagePlan keeping(long kept) {
    return new StagePlan(name, times, tasks, atOnce, work, memory.keeping(kept), seconds);
  }
}
