package org.llmsurgeon.pipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class StageLimitsTest {
  private static final StageName SCORE = StageName.of("score");

  private static SparkConf cluster() {
    return new SparkConf(false).set("spark.master", "spark://host:7077");
  }

  /** Cores that a task claims of an executor with so many of them; 0 where Spark is not asked. */
  private static int cpus(int most, int slots, SparkConf conf) {
    return new StageLimits(Map.of("score", most))
        .profile(SCORE, conf, slots)
        .map(profile -> profile.getTaskCpus().map(each -> (Integer) each).get())
        .orElse(0);
  }

  @Test
  void aTaskClaimsAsManyCoresAsKeepOneTooManyOut() {
    for (int slots = 2; slots <= 32; slots++) {
      for (int most = 1; most < slots; most++) {
        int cpus = cpus(most, slots, cluster());
        assertThat(slots / cpus).as("%d of %d", most, slots).isBetween(1, most);
        assertThat(slots / (cpus - 1 == 0 ? 1 : cpus - 1)).isGreaterThanOrEqualTo(most);
      }
    }
    assertThat(cpus(3, 8, cluster().set("spark.task.cpus", "2"))).isEqualTo(5);
  }

  @Test
  void sparkIsNotAskedWhereItHasNoSuchThingOrNothingIsShort() {
    assertThat(cpus(4, 4, cluster())).isZero();
    assertThat(cpus(1, 4, cluster().set("spark.dynamicAllocation.enabled", "true"))).isZero();
    assertThat(cpus(1, 4, new SparkConf(false).set("spark.master", "local[4]"))).isZero();
    assertThat(StageLimits.NONE.profile(SCORE, cluster(), 4)).isEmpty();
  }
}
