package org.llmsurgeon.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;

/**
 * Half of the neurons and heads gone makes a forward pass nearly twice as fast, where most of it is
 * in the blocks: the head over the vocabulary stays as it is.
 */
@Tag("long")
class SmallerIsFasterTest {
  private static final int HIDDEN = 512;

  @TempDir Path folder;

  @Test
  void halfOfTheWeightsIsAtLeastSeventeenTenthsOfTheSpeed() throws Exception {
    ObjectNode json =
        TinyModels.llamaJson()
            .put("vocab_size", 512)
            .put("hidden_size", HIDDEN)
            .put("intermediate_size", 3 * HIDDEN)
            .put("num_hidden_layers", 4)
            .put("num_attention_heads", 8)
            .put("num_key_value_heads", 8)
            .put("head_dim", 64)
            .put("max_position_embeddings", 256);
    MaskedFolder model = new MaskedFolder(json, 7);
    for (int block = 0; block < 4; block++) {
      for (int neuron = 0; neuron < 3 * HIDDEN; neuron += 2) {
        model.neuron(block, neuron);
      }
      for (int head = 0; head < 8; head += 2) {
        model.head(block, head, true);
      }
    }
    int[][] windows = {new Random(1).ints(256, 0, 512).toArray()};
    try (Device device = CpuDevice.create()) {
      String masked = model.write(folder.resolve("masked").toString(), DataType.F32, device);
      String smaller = folder.resolve("smaller").toString();
      ExportedModelTest.export(masked, smaller, Route.UNIFORM, device);
      LocalStorage storage = new LocalStorage();
      try (LanguageModel before = FolderWeights.model(storage, masked, device);
          LanguageModel after = FolderWeights.model(storage, smaller, device)) {
        double[] best = new double[2];
        for (int i = 0; i < 5; i++) {
          double[] speeds = Footprint.speeds(List.of(before, after), windows);
          best[0] = Math.max(best[0], speeds[0]);
          best[1] = Math.max(best[1], speeds[1]);
        }
        assertThat(best[1] / best[0]).isGreaterThan(1.7);
      }
    }
  }
}
