package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.pass.TokenDraw;

/**
 * A device whose calls return early is of use only while nobody waits for a number: in a pass over
 * a batch that happens once, at its end, for the losses.
 */
class HostReadTest {
  /** Calls that give numbers of the device to the host. */
  private static final Set<String> READS =
      Set.of("values", "download", "firstNonFinite", "diagonal", "columnDots", "eigen");

  private static final LinearTap NOBODY =
      new LinearTap() {
        @Override
        public void inputs(List<LinearShape> layers, Tensor input) {}

        @Override
        public void outputGradients(LinearShape layer, Tensor gradient) {}
      };

  private final List<String> calls = new ArrayList<>();
  private final Device plain = new ReferenceDevice();

  /** A device that notes what is asked of it; {@code READ} for what somebody waits for. */
  private Device noted() {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              boolean dots = method.getName().equals("rowDots") && arguments.length == 2;
              calls.add(dots || READS.contains(method.getName()) ? "READ" : method.getName());
              try {
                return method.invoke(plain, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  /** All windows were one batch, and the only number was asked for when all was done. */
  private void assertOneReadAtTheEnd(String what) {
    assertThat(calls).as(what).contains("embed");
    assertThat(calls.indexOf("READ")).as(what).isEqualTo(calls.size() - 1);
    calls.clear();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void lossesAreReadOnceWhenABatchIsDone(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    int[][] windows = TinyModels.windows(config, 3, 8, 4);
    Device device = noted();
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
      model.distill(windows, teacher, NOBODY);
      assertOneReadAtTheEnd("divergences");
    } finally {
      plain.close();
    }
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
