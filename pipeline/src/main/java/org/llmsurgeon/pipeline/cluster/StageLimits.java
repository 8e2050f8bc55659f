package org.llmsurgeon.pipeline.cluster;

import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;

/**
 * How many tasks of a stage an executor may do at a time, where its memory takes fewer than its
 * cores would. Spark is told by the cores that such a task claims, where it lets stages differ; and
 * in any case tasks of a process wait for each other ({@link TaskGate}). It does not change any
 * result.
 *
 * @param atOnce tasks at a time, by the name of the stage; others have no limit
 */
public record StageLimits(Map<String, Integer> atOnce) {
  /** No limits. */
  public static final StageLimits NONE = new StageLimits(Map.of());

  /** Copies the map. */
  public StageLimits {
    atOnce = Map.copyOf(atOnce);
  }

  /** Tasks of a stage that a process may do at a time. */
  int of(StageName stage) {
    return atOnce.getOrDefault(stage.name(), Integer.MAX_VALUE);
  }

  /**
   * What Spark is asked for so that it gives an executor no more tasks of a stage than that; empty
   * where it gives no more anyway, or has no such thing: inside one process, or where executors
   * come and go and a stage of its own kind would get new ones.
   *
   * @param stage the stage
   * @param conf the settings of Spark
   * @param slots tasks that an executor does at a time without a limit
   */
  Optional<ResourceProfile> profile(StageName stage, SparkConf conf, int slots) {
    int most = of(stage);
    boolean plain =
        GpuStages.isLocal(conf) || conf.getBoolean("spark.dynamicAllocation.enabled", false);
    if (most >= slots || plain) {
      return Optional.empty();
    }
    int cores = slots * conf.getInt("spark.task.cpus", 1);
    // As few as keep one task more than allowed from fitting.
    int cpus = cores / (most + 1) + 1;
    return Optional.of(
        new ResourceProfileBuilder().require(new TaskResourceRequests().cpus(cpus)).build());
  }
}
