package org.llmsurgeon.model.pass;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;

class RotaryTablesTest {
  private static final ModelConfig CONFIG =
      Architectures.parse(TinyModels.llamaJson(), "config.json");

  @Test
  void tablesAreMadeOnceAndAnewForLongerSequences() {
    try (CpuDevice device = CpuDevice.create();
        RotaryTables tables = new RotaryTables(CONFIG, device, Precision.DOUBLE)) {
      List<Rotary> first = tables.forLength(9);
      assertThat(tables.forLength(16).get(0).cosine()).isSameAs(first.get(0).cosine());
      assertThat(first.get(0).sequenceLength()).isEqualTo(9);
      assertThat(tables.forLength(16).get(0).sequenceLength()).isEqualTo(16);
      Rotary longer = tables.forLength(17).get(0);
      assertThat(longer.cosine()).isNotSameAs(first.get(0).cosine());
      assertThat(longer.cosine().rows()).isEqualTo(32);

      double[] frequencies = CONFIG.attention().rotary().get(0).frequencies(17);
      double[] cosines = device.values(longer.cosine());
      double[] sines = device.values(longer.sine());
      int at = 16 * frequencies.length + 1;
      assertThat(cosines[at]).isEqualTo(Math.cos(16 * frequencies[1]));
      assertThat(sines[at]).isEqualTo(Math.sin(16 * frequencies[1]));
    }
  }

  @Test
  void aModelHasThemUntilItIsClosed() {
    try (CpuDevice device = CpuDevice.create()) {
      long before = device.memory().orElseThrow().bytes();
      LanguageModel model = LanguageModel.load(CONFIG, TinyModels.weights(CONFIG, 5), device);
      int[][] windows = TinyModels.windows(CONFIG, 2, 9, 1);
      model.losses(windows);
      long once = device.memory().orElseThrow().bytes();
      model.losses(windows);
      assertThat(device.memory().orElseThrow().bytes()).isEqualTo(once);
      model.close();
      assertThat(device.memory().orElseThrow().bytes()).isEqualTo(before);
    }
  }
}
