package org.llmsurgeon.pipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.resource.ResourceProfile;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;

class GpuStagesTest {
  private static final String CLUSTER = "spark://host:7077";

  private static SparkConf conf(String master, String policy) {
    return new SparkConf(false)
        .setMaster(master)
        .set("spark.executor.cores", "3")
        .set("spark.executor.memory", "700m")
        .set(GpuPolicy.SETTING, policy);
  }

  private static SparkConf withGpus(String master, String policy) {
    return conf(master, policy).set("spark.executor.resource.gpu.amount", "2");
  }

  @Test
  void executorsThatOwnGpusAreAskedForOnePerTask() {
    for (String policy : new String[] {"auto", "required"}) {
      ResourceProfile profile = GpuStages.profile(withGpus(CLUSTER, policy)).orElseThrow();
      assertThat(profile.taskResourcesJMap().get("gpu").amount()).isEqualTo(1.0);
      assertThat(profile.taskResourcesJMap().get("cpus").amount()).isEqualTo(1.0);
      assertThat(profile.executorResourcesJMap()).isEmpty();
    }
  }

  @Test
  void underDynamicAllocationExecutorsWithGpusAreAskedFor() {
    SparkConf conf =
        conf(CLUSTER, "auto")
            .set("spark.dynamicAllocation.enabled", "true")
            .set(GpuStages.DISCOVERY_SCRIPT, "/gpus.sh");
    ResourceProfile profile = GpuStages.profile(conf).orElseThrow();
    assertThat(profile.executorResourcesJMap().get("gpu").amount()).isEqualTo(1);
    assertThat(profile.executorResourcesJMap().get("gpu").discoveryScript()).isEqualTo("/gpus.sh");
    assertThat(profile.executorResourcesJMap().get("cores").amount()).isEqualTo(3);
    assertThat(profile.executorResourcesJMap().get("memory").amount()).isEqualTo(700);
    assertThat(profile.taskResourcesJMap().get("gpu").amount()).isEqualTo(1.0);
  }

  @Test
  void withoutGpusOrWithoutLeaveStagesAreAsAllOthers() {
    assertThat(GpuStages.profile(conf(CLUSTER, "auto"))).isEqualTo(Optional.empty());
    assertThat(GpuStages.profile(withGpus(CLUSTER, "none"))).isEqualTo(Optional.empty());
    assertThat(GpuStages.profile(withGpus("local[2]", "auto"))).isEqualTo(Optional.empty());
    assertThat(GpuStages.profile(conf("local[2]", "required"))).isEqualTo(Optional.empty());
    assertThat(
            GpuStages.profile(conf(CLUSTER, "auto").set("spark.dynamicAllocation.enabled", "true")))
        .isEqualTo(Optional.empty());
  }

  @Test
  void requiredWithoutGpusIsRefused() {
    assertThatThrownBy(() -> GpuStages.profile(conf(CLUSTER, "required")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("GPUs are required")
        .hasMessageContaining("--gpu auto");
  }

  @Test
  void anUnknownPolicyIsRefused() {
    assertThatThrownBy(() -> GpuStages.profile(conf(CLUSTER, "yes")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'yes'")
        .hasMessageContaining("required, auto, none");
  }
}
