package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NotedDevice;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.TextRow;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.pass.TokenDraw;

/**
 * A device whose calls return early is of use only while nobody waits for a number: in a pass over
 * a batch that happens once, at its end, for the losses.
 */
class HostReadTest {
  private static final LinearTap NOBODY =
      new LinearTap() {
        @Override
        public void inputs(List<LinearShape> layers, Tensor input) {}

        @Override
        public void outputGradients(LinearShape layer, Tensor gradient) {}
      };

  private final Device plain = new ReferenceDevice();
  private final NotedDevice noted = new NotedDevice(plain);
  private final List<String> calls = noted.calls();

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  /** All windows were one batch, and the only number was asked for when all was done. */
  private void assertOneReadAtTheEnd(String what) {
    assertThat(calls).as(what).contains("embed");
    assertThat(calls.indexOf(NotedDevice.READ)).as(what).isEqualTo(calls.size() - 1);
    calls.clear();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void lossesAreReadOnceWhenABatchIsDone(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    int[][] windows = TinyModels.windows(config, 3, 8, 4);
    Device device = noted.device();
    try (LanguageModel model = LanguageModel.load(config, TinyModels.weights(config, 3), device);
        LanguageModel teacher = LanguageModel.load(config, TinyModels.weights(config, 4), device)) {
      calls.clear();
      model.losses(windows);
      assertOneReadAtTheEnd("losses");
      model.calibrate(windows, NOBODY);
      assertOneReadAtTheEnd("gradients");
      model.calibrate(windows, new Targets.Drawn(new TokenDraw(1, 0), 2), NOBODY);
      assertOneReadAtTheEnd("gradients of drawn targets");
      model.draw(windows, new Targets.Drawn(new TokenDraw(1, 0), 1));
      assertOneReadAtTheEnd("drawn targets");
      new Distillation(model, teacher).calibrate(windows, NOBODY);
      assertOneReadAtTheEnd("divergences");
    } finally {
      plain.close();
    }
  }

  /** Networks that say numbers or an embedding of each text, of which two are a batch. */
  @ParameterizedTest
  @ValueSource(strings = {"bert-number", "bert-embedding"})
  void errorsOfWholeTextsAreReadOnceToo(String name) throws IOException {
    ModelConfig config;
    try (ReferenceModel reference = ReferenceModel.open(name)) {
      config = reference.config();
    }
    int[] half = TextRow.halves(0.5f);
    int[][] windows = {{3, 1, 4, half[0], half[1]}, {5, 9, 2, half[0], half[1]}};
    if (name.endsWith("embedding")) {
      windows = new int[][] {{3, 1, 4}, {5, 9, 2}};
    }
    Device device = noted.device();
    try (LanguageModel model = LanguageModel.load(config, TinyModels.weights(config, 3), device);
        LanguageModel teacher = LanguageModel.load(config, TinyModels.weights(config, 4), device)) {
      calls.clear();
      model.calibrate(windows, new Targets.Drawn(new TokenDraw(1, 0), 2), NOBODY);
      assertOneReadAtTheEnd("gradients of drawn errors");
      new Distillation(model, teacher).calibrate(windows, NOBODY);
      assertOneReadAtTheEnd("distances");
    } finally {
      plain.close();
    }
  }

  /** A router decides on the host, once a block; whether experts are gone is asked once. */
  @Test
  void whetherAnExpertIsZeroIsReadOnce() throws IOException {
    ModelConfig config;
    try (ReferenceModel reference = ReferenceModel.open("mixtral")) {
      config = reference.config().withoutEmptyExperts();
    }
    int experts = config.blocks().stream().mapToInt(each -> each.experts().size()).sum();
    int[][] windows = TinyModels.windows(config, 1, 8, 4);
    try (LanguageModel model =
        LanguageModel.load(config, TinyModels.weights(config, 3), noted.device())) {
      calls.clear();
      model.losses(windows);
      assertThat(reads()).isEqualTo(experts + config.blockCount() + 1);
      calls.clear();
      model.losses(windows);
      assertThat(reads()).isEqualTo(config.blockCount() + 1);
    } finally {
      plain.close();
    }
  }

  /**
   * Routing and a shared expert's gate are read once a block, and on the way back one gradient of
   * each part: the number does not depend on how many tokens there are.
   */
  @Test
  void aMixtureReadsPartsNotTokens() throws IOException {
    ModelConfig config;
    try (ReferenceModel reference = ReferenceModel.open("qwen2-moe")) {
      config = reference.config();
    }
    int blocks = (int) config.blocks().stream().filter(each -> !each.experts().isEmpty()).count();
    int parts = blocks + config.blocks().stream().mapToInt(each -> each.experts().size()).sum();
    try (LanguageModel model =
        LanguageModel.load(config, TinyModels.weights(config, 3), noted.device())) {
      for (int context : new int[] {8, 12}) {
        int[][] windows = TinyModels.windows(config, 2, context, 4);
        calls.clear();
        model.losses(windows);
        assertThat(reads()).isEqualTo(2 * blocks + 1);
        calls.clear();
        model.calibrate(windows, NOBODY);
        assertThat(reads()).isBetween(2L * blocks + 1, 4L * blocks + parts + 1);
      }
    } finally {
      plain.close();
    }
  }

  private long reads() {
    return calls.stream().filter(NotedDevice.READ::equals).count();
  }

  @Test
  void aCardHasLimitsOfItsOwn() {
    MemoryLimits large = MemoryLimits.ofCard(80L << 30);
    assertThat(large.tokensPerBlock()).isEqualTo(8192);
    assertThat(large.logitBytes()).isEqualTo(512L << 20);
    assertThat(MemoryLimits.ofCard(141L << 30).tokensPerBlock()).isEqualTo(16384);
    assertThat(MemoryLimits.ofCard(1L << 40).tokensPerBlock()).isEqualTo(16384);
    assertThat(MemoryLimits.ofCard(1L << 30)).isEqualTo(MemoryLimits.DEFAULT);
    try (Device device = new ReferenceDevice()) {
      assertThat(device.ownMemory()).isEqualTo(OptionalLong.empty());
      assertThat(MemoryLimits.of(device)).isSameAs(MemoryLimits.DEFAULT);
    }
  }
}
