package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.ParameterGradients;

/** The divergence of a model from another one, and its gradients. */
class DistillationTest {
  private static final double STEP = 1e-5;

  private final Device reference = new ReferenceDevice();
  private final Device cpu = CpuDevice.create();

  @AfterEach
  void free() {
    cpu.close();
  }

  static Iterable<String> variants() {
    return TinyModels.variants().keySet();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void aModelDoesNotDivergeFromItselfAndHasNoGradient(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    int[][] windows = TinyModels.windows(config, 3, 6, 1);
    try (LanguageModel model =
            LanguageModel.load(config, TinyModels.weights(config, 2), cpu, chunks());
        LanguageModel same =
            LanguageModel.load(config, TinyModels.weights(config, 2), cpu, chunks())) {
      RecordingTap tap = new RecordingTap(cpu);
      assertThat(new Distillation(model, same).calibrate(windows, tap)).containsOnly(0);
      assertThat(tap.gradients.values())
          .allSatisfy(rows -> assertThat(rows).allMatch(row -> zero(row)));
    }
  }

  private static boolean zero(double[] row) {
    return Arrays.stream(row).allMatch(value -> value == 0);
  }

  /** Four tokens of logits at a time, with those of the teacher beside them. */
  private static MemoryLimits chunks() {
    return new MemoryLimits(12, 0, 3 * 4 * 11 * Float.BYTES);
  }

  @Test
  void itIsTheMeanDivergenceOfTheSoftmaxes() {
    ModelConfig config = TinyModels.llama();
    int[][] windows = TinyModels.windows(config, 2, 6, 1);
    try (LanguageModel student = load(config, 2);
        LanguageModel teacher = load(config, 3)) {
      double[] divergences =
          new Distillation(student, teacher).calibrate(windows, new RecordingTap(reference));
      for (int window = 0; window < windows.length; window++) {
        assertThat(divergences[window])
            .isCloseTo(divergence(student, teacher, windows[window]), within(1e-12));
      }
    }
  }

  private double divergence(LanguageModel student, LanguageModel teacher, int[] window) {
    double sum = 0;
    try (Tensor own = student.logits(window);
        Tensor other = teacher.logits(window)) {
      for (int t = 0; t < window.length - 1; t++) {
        double[] p = softmax(reference.values(own.rowRange(t, t + 1)));
        double[] q = softmax(reference.values(other.rowRange(t, t + 1)));
        for (int j = 0; j < p.length; j++) {
          sum += q[j] * Math.log(q[j] / p[j]);
        }
      }
    }
    return sum / (window.length - 1);
  }

  private static double[] softmax(double[] logits) {
    double sum = Arrays.stream(logits).map(Math::exp).sum();
    return Arrays.stream(logits).map(z -> Math.exp(z) / sum).toArray();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void itsGradientsAreCentralDifferences(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    int[][] windows = TinyModels.windows(config, 2, 5, 6);
    try (LanguageModel student = load(config, 2);
        LanguageModel teacher = load(config, 3)) {
      RecordingTap tap = new RecordingTap(reference);
      new Distillation(student, teacher).calibrate(windows, tap);
      for (LinearShape layer : config.linears().subList(0, config.linears().size() / 2)) {
        double[] differences = differences(student, teacher, layer, windows);
        double scale = Arrays.stream(differences).map(Math::abs).max().orElse(0);
        Tolerances.assertClose(
            layer.name(),
            tap.weightGradient(layer),
            differences,
            Tolerances.FINITE_DIFFERENCE * Math.max(1, 0.05 / scale));
      }
    }
  }

  private double[] differences(
      LanguageModel student, LanguageModel teacher, LinearShape layer, int[][] windows) {
    Tensor weight = student.weight(layer.weightName());
    double[] values = reference.values(weight);
    double[] differences = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double[] losses = new double[2];
      for (int side = 0; side < 2; side++) {
        double moved = values[i] + (side == 0 ? -STEP : STEP);
        reference.upload(new double[] {moved}, 0, weight, i, 1);
        losses[side] =
            Arrays.stream(
                    new Distillation(student, teacher)
                        .calibrate(windows, new RecordingTap(reference)))
                .sum();
      }
      reference.upload(values, i, weight, i, 1);
      differences[i] = (losses[1] - losses[0]) / (2 * STEP);
    }
    return differences;
  }

  /** What the tap sees, the gradients of the weights are made of. */
  @ParameterizedTest
  @MethodSource("variants")
  void gradientsOfWeightsAreThoseOfTheTapAndTheForwardAloneSaysTheSame(String variant) {
    ModelConfig config = TinyModels.variants().get(variant);
    int[][] windows = TinyModels.windows(config, 3, 5, 6);
    List<String> names = config.linears().stream().map(LinearShape::weightName).toList();
    try (LanguageModel student = load(config, 2);
        LanguageModel teacher = load(config, 3);
        ParameterGradients sums = student.zeroGradients(Precision.DOUBLE, names)) {
      RecordingTap tap = new RecordingTap(reference);
      double[] divergences = new Distillation(student, teacher).calibrate(windows, tap);
      assertThat(new Distillation(student, teacher).gradients(windows, 0.5, sums))
          .isEqualTo(divergences);
      for (LinearShape layer : config.linears()) {
        double[] half = Arrays.stream(tap.weightGradient(layer)).map(value -> value / 2).toArray();
        Tolerances.assertClose(
            layer.name(), reference.values(sums.of(layer.weightName())), half, 1e-10);
      }
      Tolerances.assertClose(
          "forward", new Distillation(student, teacher).divergences(windows), divergences, 1e-12);
    }
  }

  @Test
  void aTeacherOfAnotherShapeIsRefused() {
    try (LanguageModel student = load(TinyModels.llama(), 2);
        LanguageModel teacher = load(TinyModels.opt(), 2)) {
      int[][] windows = TinyModels.windows(TinyModels.llama(), 1, 4, 1);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new Distillation(student, teacher)
                      .calibrate(windows, new RecordingTap(reference)))
          .withMessageContaining("another network");
    }
  }

  private LanguageModel load(ModelConfig config, long seed) {
    return LanguageModel.load(
        config, TinyModels.weights(config, seed, Precision.DOUBLE), reference);
  }
}
