package org.llmsurgeon.pipeline.cluster;

import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceProfile;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Devices;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the stages with the most arithmetic go, and what does it: cards, or processors as for all
 * other stages. It is decided once, before the first of them, and holds for the whole operation:
 * results of cards and of processors are never mixed.
 */
final class GpuPlacement {
  private static final Logger LOG = LoggerFactory.getLogger(GpuPlacement.class);

  private final JavaSparkContext spark;
  private final GpuPolicy policy;
  private final String processor;
  private final boolean local;
  private final Optional<ResourceProfile> profile;
  private Boolean cards;

  /**
   * The placement that the settings ask for.
   *
   * @param spark Spark
   * @throws InputException if GPUs are required and there are none, or they name no device
   */
  GpuPlacement(JavaSparkContext spark) {
    this.spark = spark;
    this.policy = GpuPolicy.of(spark.getConf());
    this.processor = ExecutorDevice.kind(spark.getConf());
    this.local = GpuStages.isLocal(spark.getConf());
    this.profile = GpuStages.profile(spark.getConf());
    if (local) {
      onCards();
    }
  }

  /** What Spark is asked for; empty where tasks are as all others. */
  Optional<ResourceProfile> profile() {
    return onCards() ? profile : Optional.empty();
  }

  /**
   * Whether cards do the arithmetic of these stages.
   *
   * @throws InputException if they are required and do not work
   */
  synchronized boolean onCards() {
    if (cards == null) {
      cards = decide();
    }
    return cards;
  }

  /** Cards of an executor; 0 where processors do the work. */
  int cards() {
    return onCards() ? GpuStages.cards(spark.getConf()) : 0;
  }

  /** What does the arithmetic, in one word, as reports name it. */
  String arithmetic() {
    return onCards() ? Devices.CARD : processor;
  }

  private boolean decide() {
    boolean wanted = profile.isPresent() || local && policy == GpuPolicy.REQUIRED;
    if (!wanted) {
      return false;
    }
    String problem = profile.map(this::problemOfExecutor).orElseGet(ExecutorDevice::problem);
    if (problem.isEmpty()) {
      return true;
    }
    if (policy == GpuPolicy.REQUIRED) {
      throw new InputException("GPUs are required, but cannot be used. " + problem);
    }
    LOG.warn("The GPUs of the executors are not used, processors are. {}", problem);
    return false;
  }

  /** Asks one executor, in a task of its own. */
  private String problemOfExecutor(ResourceProfile resources) {
    JavaRDD<Integer> one = spark.parallelize(List.of(0), 1).withResources(resources);
    spark.setCallSite("look for GPUs");
    try {
      return one.map(item -> ExecutorDevice.problem()).collect().get(0);
    } finally {
      spark.clearCallSite();
    }
  }
}
