package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.weights.WeightSource;

@DisplayName("A network of a supported architecture, beside the transformers library")
class ReferenceModelsTest {
  /** Relative to the largest element: transformers computes in single precision. */
  private static final double LOGITS = 1e-5;

  private static final double GRADIENTS = 2e-5;

  static List<String> models() throws IOException {
    return ReferenceModel.names();
  }

  @ParameterizedTest
  @MethodSource("models")
  void hasTheSameLogitsLossAndGradients(String name) throws IOException {
    for (Device device : List.of(new ReferenceDevice(), CpuDevice.create())) {
      try (device;
          ReferenceModel reference = ReferenceModel.open(name);
          LanguageModel model =
              LanguageModel.load(reference.configWithTargets(), reference, device)) {
        try (Tensor logits = logits(model, reference)) {
          double[] theirs = reference.logits(device);
          // Of a text's label there is what the first token says
          double[] own = Arrays.copyOf(device.values(logits), theirs.length);
          assertClose(name, own, theirs, LOGITS);
        }
        RecordingTap tap = new RecordingTap(device);
        double loss = loss(model, reference, tap);
        assertThat(loss).isCloseTo(reference.loss(), within(1e-5 * reference.loss()));
        for (LinearShape layer : model.config().linears()) {
          if (!reference.reached(layer)) {
            assertThat(tap.gradients).doesNotContainKey(layer.name());
            continue;
          }
          double[] gradient =
              tap.gradients.get(layer.name()).stream().flatMapToDouble(Arrays::stream).toArray();
          assertClose(layer.name(), gradient, reference.gradient(layer, device), GRADIENTS);
        }
      }
    }
  }

  private static Tensor logits(LanguageModel model, ReferenceModel reference) {
    return model.config().readsImages()
        ? model.logits(reference.ids())
        : model.logits(new Objective.Example(reference.ids(), null, reference.types(), 0));
  }

  private static double loss(LanguageModel model, ReferenceModel reference, RecordingTap tap) {
    int[][] windows = {reference.ids()};
    if (model.config().objective().hasAnswers()) {
      return model.calibrate(windows, tap)[0];
    }
    try (LanguageModel teacher =
        LanguageModel.load(model.config(), reference.teacher(), model.device())) {
      return new Distillation(model, teacher).calibrate(windows, tap)[0];
    }
  }

  private static void assertClose(String what, double[] own, double[] theirs, double tolerance) {
    double largest = Arrays.stream(theirs).map(Math::abs).max().orElse(0);
    assertThat(own).as(what).hasSize(theirs.length);
    for (int i = 0; i < own.length; i++) {
      assertThat(own[i]).as(what + " " + i).isCloseTo(theirs[i], within(tolerance * largest));
    }
  }

  /** What the pass computes for new operations, by central differences in double. */
  @ParameterizedTest
  @MethodSource("models")
  void hasGradientsThatAreTheDifferencesOfItsLosses(String name) throws IOException {
    try (Device device = new ReferenceDevice();
        ReferenceModel reference = ReferenceModel.open(name)) {
      if (!reference.config().objective().hasAnswers()) {
        return; // See EmbeddingTest.
      }
      differ(reference, device);
    }
  }

  private static void differ(ReferenceModel reference, Device device) {
    try (LanguageModel model =
            LanguageModel.load(
                reference.configWithTargets(), new DoubleWeights(reference.weights()), device);
        ParameterGradients gradients =
            model.zeroGradients(org.llmsurgeon.compute.Precision.DOUBLE)) {
      int[][] windows = {reference.ids()};
      model.gradients(windows, 1, gradients);
      for (String parameter : model.parameterNames()) {
        double[] own = device.values(gradients.of(parameter));
        Tensor weight = model.weight(parameter);
        double[] values = device.values(weight);
        double largest = Arrays.stream(own).map(Math::abs).max().orElse(0);
        int step = Math.max(1, own.length / 5);
        for (int i = 0; i < own.length; i += step) {
          double above = loss(model, weight, i, values[i] + 1e-5, windows);
          double below = loss(model, weight, i, values[i] - 1e-5, windows);
          device.upload(values, i, weight, i, 1);
          assertThat(own[i])
              .as(parameter)
              .isCloseTo(
                  (above - below) / 2e-5, within(5 * Tolerances.FINITE_DIFFERENCE * (1 + largest)));
        }
      }
    }
  }

  private static double loss(
      LanguageModel model, Tensor weight, int at, double value, int[][] windows) {
    model.device().upload(new double[] {value}, 0, weight, at, 1);
    return model.losses(windows)[0];
  }

  /** Every architecture in the registry has a reference. */
  @Test
  void isThereForEveryArchitecture() throws IOException {
    Set<String> seen =
        models().stream().map(ReferenceModelsTest::architecture).collect(Collectors.toSet());
    Set<String> all =
        Architectures.supported().stream()
            .map(Architectures.Supported::architecture)
            .collect(Collectors.toSet());
    all.remove("DeciLMForCausalLM"); // No class of the library; TinyModels compares it with Llama.
    assertThat(seen).isEqualTo(all);
  }

  private static String architecture(String name) {
    try (ReferenceModel reference = ReferenceModel.open(name)) {
      return reference.config().architecture();
    } catch (IOException broken) {
      throw new java.io.UncheckedIOException(broken);
    }
  }

  private record DoubleWeights(WeightSource weights) implements WeightSource {
    @Override
    public boolean contains(String name) {
      return weights.contains(name);
    }

    @Override
    public int[] shape(String name) {
      return weights.shape(name);
    }

    @Override
    public Tensor load(String name, Device device) {
      try (Tensor single = weights.load(name, device)) {
        return device.tensor(
            org.llmsurgeon.compute.Precision.DOUBLE,
            single.rows(),
            single.columns(),
            device.values(single));
      }
    }
  }
}
