package org.llmsurgeon.pipeline.forecast;

import java.util.List;

/**
 * What a run was expected to need, and what it did.
 *
 * @param stages its planned stages, in order, then those that no plan has
 * @param planned the whole run as planned
 * @param actual the whole run; of one that went on after a stop, its last part
 */
public record ResourceUse(List<Stage> stages, Need planned, Need actual) {
  /** Copies the list. */
  public ResourceUse {
    stages = List.copyOf(stages);
  }

  /**
   * A stage over the whole run.
   *
   * @param name stage
   * @param planned what was expected
   * @param actual what was
   */
  public record Stage(String name, Amount planned, Amount actual) {}

  /**
   * What a stage needs.
   *
   * @param times how often it runs
   * @param seconds wall-clock time of all of them
   * @param read bytes read from files, mapped ones included
   * @param written bytes written to files
   * @param device most memory that tensors take in a process that does its work, bytes; mapped
   *     files do not count
   * @param memory most memory of a process that does its work, heap and mapped files included,
   *     bytes; null where the system does not tell, and in reports of earlier versions
   */
  public record Amount(
      int times, double seconds, long read, long written, long device, Long memory) {}

  /**
   * What a run needs.
   *
   * @param seconds wall-clock time of all stages
   * @param read bytes read from files, mapped ones included
   * @param written bytes written to files
   * @param driverMemory most memory of the driver, heap included, bytes; where Spark runs inside
   *     its process, that of the tasks too; null where the system does not tell
   * @param executorMemory the same of the largest process that does tasks
   * @param disk most that the run directory holds, bytes; null where it was not seen
   */
  public record Need(
      double seconds, long read, long written, Long driverMemory, Long executorMemory, Long disk) {}
}
