package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
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
  void theSumsOfTheTasksAtATimeTakeHalfOfIt() {
    try (JavaSparkContext spark = TestSpark.local(2)) {
      assertThat(FactorMemory.budget(spark)).isEqualTo(PhysicalMemory.bytes() / 4);
    }
  }

  @Test
  void aSettingThatIsNoSizeIsNamed() {
    SparkConf conf = cluster().set(FactorMemory.SETTING, "much");
    assertThatThrownBy(() -> ExecutorMemory.size(conf, FactorMemory.SETTING))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(FactorMemory.SETTING)
        .hasMessageContaining("'much'");
  }
}
