package org.llmsurgeon.pipeline.forecast;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

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
  @JsonProperty
  public double seconds() {
    return stages.stream().mapToDouble(stage -> stage.times() * stage.seconds()).sum();
  }

  /**
   * Peak memory of one executor without mapped files, bytes: what must be there, since the system
   * takes pages of files back when it must.
   */
  @JsonProperty
  public long unmappedBytes() {
    return stages.stream()
        .mapToLong(stage -> stage.memory().process() - stage.memory().mapped())
        .max()
        .orElse(0);
  }

  /**
   * The stage that lacks most memory, one task at a time.
   *
   * @param memory bytes of an executor
   * @return empty where each stage has what it needs
   */
  public Optional<StagePlan> shortest(long memory) {
    return stages.stream()
        .filter(stage -> stage.tasks() > 0 && stage.memory().least() > memory)
        .max(Comparator.comparingLong(stage -> stage.memory().least()));
  }

  /**
   * The stage that takes most of a card's memory, where that is more than there is.
   *
   * @param memory bytes of a card
   * @return empty where each stage has what it needs
   */
  public Optional<StagePlan> shortestOnCard(long memory) {
    return stages.stream()
        .filter(stage -> stage.tasks() > 0 && stage.memory().card() > memory)
        .max(Comparator.comparingLong(stage -> stage.memory().card()));
  }

  /** A stage by its name. */
  StagePlan stage(String name) {
    return stages.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }
}
