package org.llmsurgeon.pipeline.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ObjectiveChoice;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.ModelRef;

class MappedWeightsTest {
  private final Device device = ExecutorDevice.shared();
  @TempDir Path temp;

  private static ModelWeights open(TestModel model) {
    return ModelWeights.open(
        new HadoopStorage(new Configuration(false)),
        new ModelRef("test", model.folder().toString(), null, null, ObjectiveChoice.DEFAULT));
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"F32", "BF16"})
  void aModelComputesTheSameOnMappedWeightsAfterTheirFileIsGone(DataType dtype) throws Exception {
    TestModel model = TestModel.opt(temp, dtype);
    int[][] windows = TinyModels.windows(model.config(), 3, 8, 1);
    try (ModelWeights weights = open(model);
        LanguageModel held = LanguageModel.load(model.config(), weights, device)) {
      LanguageModel mapped;
      try (MappedWeights copy = MappedWeights.copy(model.config(), weights, device)) {
        mapped = LanguageModel.load(model.config(), copy, device);
      }
      try (mapped) {
        assertThat(mapped.losses(windows)).isEqualTo(held.losses(windows));
      }
    }
  }

  @Test
  void singleNumbersOfTheLocalDiskAreMappedAsTheyLie() throws Exception {
    try (ModelWeights single = open(TestModel.opt(temp, DataType.F32));
        ModelWeights half = open(TestModel.llama(temp, DataType.BF16))) {
      assertThat(single.mapped()).isTrue();
      assertThat(half.mapped()).isFalse();
    }
  }
}
