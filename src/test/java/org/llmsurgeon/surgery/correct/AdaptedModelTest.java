package org.llmsurgeon.surgery.correct;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.Distillation;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.surgery.MaskedWeights;

/** Adapters under a mask: gradients by finite differences, and what is gone stays gone. */
class AdaptedModelTest {
  private static final int RANK = 2;
  private static final double STEP = 1e-5;

  private final Device device = new ReferenceDevice();

  @ParameterizedTest
  @CsvSource({
    "llama, rows and columns, cross-entropy",
    "llama, elements, distill",
    "llama, 2:4, cross-entropy",
    "opt, rows and columns, distill",
    "opt, elements, cross-entropy",
    "opt, 2:4, distill"
  })
  void gradientsAreCentralDifferencesOfTheLosses(String architecture, String mask, String loss) {
    ModelConfig config = config(architecture);
    int[][] windows = TinyModels.windows(config, 2, 5, 6);
    WeightSource dense = TinyModels.weights(config, 5, Precision.DOUBLE);
    try (AdaptedModel model = load(config, dense, mask);
        LanguageModel teacher = LanguageModel.load(config, dense, device);
        Adapters adapters = random(config)) {
      LanguageModel asked = loss.equals("distill") ? teacher : null;
      model.merge(adapters);
      try (AdaptedModel.Part part = model.gradients(windows, asked)) {
        List<Tensor> values = adapters.tensors();
        List<Tensor> gradients = part.gradients().tensors();
        for (int i = 0; i < values.size(); i++) {
          Moved moved = new Moved(model, adapters, values.get(i));
          double[] differences = moved.differences(() -> loss(model, windows, asked));
          double largest = Arrays.stream(differences).map(Math::abs).max().orElse(0);
          assertThat(largest).isPositive();
          Tolerances.assertClose(
              "tensor " + i,
              device.values(gradients.get(i)),
              differences,
              Tolerances.FINITE_DIFFERENCE * Math.max(1, 0.05 / largest));
        }
      }
    }
  }

  private static double loss(AdaptedModel model, int[][] windows, LanguageModel teacher) {
    double[] losses =
        teacher == null
            ? model.model().losses(windows)
            : new Distillation(model.model(), teacher).calibrate(windows, new Nobody());
    return Arrays.stream(losses).sum();
  }

  /** Central differences with respect to one tensor of some adapters. */
  private final class Moved {
    private final AdaptedModel model;
    private final Adapters adapters;
    private final Tensor moved;

    Moved(AdaptedModel model, Adapters adapters, Tensor moved) {
      this.model = model;
      this.adapters = adapters;
      this.moved = moved;
    }

    double[] differences(java.util.function.DoubleSupplier loss) {
      double[] values = device.values(moved);
      double[] differences = new double[values.length];
      for (int i = 0; i < values.length; i++) {
        differences[i] =
            (at(i, values[i] + STEP, loss) - at(i, values[i] - STEP, loss)) / (2 * STEP);
        device.upload(values, i, moved, i, 1);
      }
      model.merge(adapters);
      return differences;
    }

    private double at(int index, double value, java.util.function.DoubleSupplier loss) {
      device.upload(new double[] {value}, 0, moved, index, 1);
      model.merge(adapters);
      return loss.getAsDouble();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rows and columns", "elements", "2:4", "nothing"})
  void whatIsGoneStaysExactlyZeroAndTheRestChanges(String mask) {
    ModelConfig config = TinyModels.llama();
    Device cpu = CpuDevice.create();
    try (AdaptedModel model =
            AdaptedModel.load(
                config,
                masked(config, TinyModels.weights(config, 5), mask),
                cpu,
                MemoryLimits.DEFAULT,
                all(config));
        Adapters adapters = random(cpu, config, Precision.SINGLE)) {
      model.merge(adapters);
      for (LinearShape layer : config.linears()) {
        double[] values = cpu.values(model.model().weight(layer.weightName()));
        for (int i = 0; i < values.length; i++) {
          boolean gone = MaskedWeights.MASKS.get(mask).gone(i / layer.inputs(), i % layer.inputs());
          assertThat(values[i] == 0).as("%s %d", layer.name(), i).isEqualTo(gone);
          assertThat(1 / values[i]).as("0, and not -0").isNotEqualTo(Double.NEGATIVE_INFINITY);
        }
      }
    }
    cpu.close();
  }

  @Test
  void aChangeIsScaledByTheSizeOfTheWeightsThatAreKept() {
    ModelConfig config = TinyModels.llama();
    WeightSource dense = TinyModels.weights(config, 5, Precision.DOUBLE);
    WeightSource pruned = masked(config, dense, "elements");
    try (AdaptedModel model = load(config, dense, "elements");
        Adapters adapters = random(config)) {
      model.merge(adapters);
      Adapter adapter = adapters.all().get(3);
      LinearShape layer = adapter.layer();
      try (Tensor before = pruned.load(layer.weightName(), device)) {
        double[] w = device.values(before);
        double[] changed = device.values(model.model().weight(layer.weightName()));
        double squares = Arrays.stream(w).map(x -> x * x).sum();
        double scale = Math.sqrt(squares / Arrays.stream(w).filter(x -> x != 0).count());
        double[] b = device.values(adapter.b());
        double[] a = device.values(adapter.a());
        for (int i = 0; i < w.length; i++) {
          double product = 0;
          for (int k = 0; k < RANK; k++) {
            product +=
                b[i / layer.inputs() * RANK + k] * a[k * layer.inputs() + i % layer.inputs()];
          }
          w[i] = w[i] == 0 ? 0 : w[i] + scale * product;
        }
        Tolerances.assertClose("changed weight", changed, w, 1e-12);
      }
    }
  }

  @Test
  void distillationAtTheDenseModelHasNoLossAndNoGradient() {
    ModelConfig config = TinyModels.opt();
    Device cpu = CpuDevice.create();
    WeightSource dense = TinyModels.weights(config, 5);
    try (AdaptedModel model =
            AdaptedModel.load(config, dense, cpu, MemoryLimits.DEFAULT, all(config));
        LanguageModel teacher = LanguageModel.load(config, dense, cpu);
        Adapters adapters = Adapters.initial(cpu, all(config), 3)) {
      model.merge(adapters);
      try (AdaptedModel.Part part = model.gradients(TinyModels.windows(config, 3, 8, 1), teacher)) {
        assertThat(part.losses()).containsOnly(0);
        assertThat(part.gradients().tensors())
            .allSatisfy(each -> assertThat(cpu.values(each)).containsOnly(0));
      }
    }
    cpu.close();
  }

  @ParameterizedTest
  @CsvSource({"llama, elements", "opt, rows and columns"})
  void someLayersHaveTheGradientsTheyHaveAmongAllAndTheOthersStay(
      String architecture, String mask) {
    ModelConfig config = config(architecture);
    int[][] windows = TinyModels.windows(config, 2, 5, 6);
    WeightSource pruned = masked(config, TinyModels.weights(config, 5, Precision.DOUBLE), mask);
    AdapterTargets some =
        new AdapterTargets(
            config.linears().stream().filter(each -> each.block() == 1).skip(2).toList(), RANK);
    try (AdaptedModel every = load(config, pruned, mask);
        AdaptedModel few = AdaptedModel.load(config, pruned, device, MemoryLimits.DEFAULT, some);
        Adapters ofEvery = random(config);
        Adapters ofFew = some.zeros(device, Precision.DOUBLE)) {
      int skipped = config.linears().indexOf(some.layers().get(0));
      for (int i = 0; i < ofEvery.tensors().size(); i++) {
        if (i < 2 * skipped) {
          device.scale(0, ofEvery.tensors().get(i));
        } else {
          device.copy(ofEvery.tensors().get(i), ofFew.tensors().get(i - 2 * skipped));
        }
      }
      every.merge(ofEvery);
      few.merge(ofFew);
      for (LinearShape layer : config.linears().subList(0, skipped)) {
        try (Tensor before = pruned.load(layer.weightName(), device)) {
          assertThat(device.values(few.model().weight(layer.weightName())))
              .as(layer.name())
              .isEqualTo(device.values(before));
        }
      }
      try (AdaptedModel.Part expected = every.gradients(windows, null);
          AdaptedModel.Part part = few.gradients(windows, null)) {
        assertThat(part.losses()).isEqualTo(expected.losses());
        assertThat(part.gradients().tensors()).hasSize(2 * some.layers().size());
        for (int i = 0; i < part.gradients().tensors().size(); i++) {
          assertThat(device.values(part.gradients().tensors().get(i)))
              .isEqualTo(device.values(expected.gradients().tensors().get(2 * skipped + i)));
        }
      }
    }
  }

  private AdaptedModel load(ModelConfig config, WeightSource dense, String mask) {
    return AdaptedModel.load(
        config, masked(config, dense, mask), device, MemoryLimits.DEFAULT, all(config));
  }

  private static AdapterTargets all(ModelConfig config) {
    return new AdapterTargets(config.linears(), RANK);
  }

  private static WeightSource masked(ModelConfig config, WeightSource dense, String mask) {
    return new MaskedWeights(dense, config, MaskedWeights.MASKS.get(mask));
  }

  private Adapters random(ModelConfig config) {
    return random(device, config, Precision.DOUBLE);
  }

  private static Adapters random(Device device, ModelConfig config, Precision precision) {
    Adapters adapters = all(config).zeros(device, precision);
    Random random = new Random(8);
    for (Tensor each : adapters.tensors()) {
      double[] values = random.doubles(each.size(), -0.4, 0.4).toArray();
      device.upload(values, 0, each, 0, values.length);
    }
    return adapters;
  }

  private static ModelConfig config(String architecture) {
    return architecture.equals("llama") ? TinyModels.llama() : TinyModels.opt();
  }

  /** Looks at nothing. */
  private static final class Nobody implements LinearTap {
    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {}

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}
  }
}
