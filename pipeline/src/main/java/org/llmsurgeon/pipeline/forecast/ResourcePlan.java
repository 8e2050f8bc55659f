package org.llmsurgeon.pipeline.forecast;

import java.util.List;

/**
 * What a run is expected to need.
 *
 * @param parameters parameters of the model
 * @param passes over the data in the first shot: one for Kronecker factors, whatever the model's
 *     size
 * @param stages its stages in order
 * @param driverBytes peak memory of the driver on a cluster, heap included
 * @param executorBytes peak memory of one executor, heap included
 * @param diskBytes most that the run directory holds at a time
 */
public record ResourcePlan(
    long parameters,
    int passes,
    List<StagePlan> stages,
    long driverBytes,
    long executorBytes,
    long diskBytes) {
  /** Copies the list. */
  public ResourcePlan {
    stages = List.copyOf(stages);
  }

  /** Wall-clock time of the whole run. */
  public double seconds() {
    return stages.stream().mapToDouble(stage -> stage.times() * stage.seconds()).sum();
  }

  /** A stage by its name. */
  StagePlan stage(String name) {
    return stages.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }
}
