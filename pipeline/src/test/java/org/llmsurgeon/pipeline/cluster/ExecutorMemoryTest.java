package org.llmsurgeon.pipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;

class ExecutorMemoryTest {
  private static final long MEBI = 1 << 20;

  private static SparkConf cluster() {
    return new SparkConf(false).setMaster("spark://host:7077");
  }

  @Test
  void anExecutorHasItsHeapAndItsOverhead() {
    assertThat(
            ExecutorMemory.bytes(
                cluster()
                    .set("spark.executor.memory", "4g")
                    .set("spark.executor.memoryOverhead", "8g")))
        .isEqualTo(12 * 1024 * MEBI);
  }

  @Test
  void withoutAnOverheadSparksOwnRuleHolds() {
    assertThat(ExecutorMemory.bytes(cluster())).isEqualTo((1024 + 384) * MEBI);
    assertThat(ExecutorMemory.bytes(cluster().set("spark.executor.memory", "10g")))
        .isEqualTo((10240 + 1024) * MEBI);
  }

  @Test
  void insideOneProcessItIsThatOfTheMachine() {
    assertThat(ExecutorMemory.bytes(new SparkConf(false).setMaster("local[2]")))
        .isEqualTo(PhysicalMemory.bytes());
  }

  @Test
  void tasksKeepASixthOfItTogether() {
    SparkConf two = new SparkConf(false).setMaster("local[2]");
    assertThat(KeptMemory.bytes(two)).isEqualTo(PhysicalMemory.bytes() / 12);
    SparkConf cores =
        cluster().set("spark.executor.memory", "10g").set("spark.executor.cores", "4");
    assertThat(KeptMemory.bytes(cores)).isEqualTo((10240 + 1024) * MEBI / 24);
    assertThat(KeptMemory.bytes(cores.set("spark.task.cpus", "2")))
        .isEqualTo((10240 + 1024) * MEBI / 12);
    assertThat(KeptMemory.bytes(cores.set(KeptMemory.SETTING, "3m"))).isEqualTo(3 * MEBI);
  }

  @Test
  void aSettingThatIsNoSizeIsNamed() {
    SparkConf conf = cluster().set(KeptMemory.SETTING, "much");
    assertThatThrownBy(() -> KeptMemory.bytes(conf))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(KeptMemory.SETTING)
        .hasMessageContaining("'much'");
  }
}
