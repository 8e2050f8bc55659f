package org.llmsurgeon.surgery.correct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.WindowRun;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.LayerRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Reconstruction in the loop of one process. */
class ReconstructionTest {
  private final Device device = CpuDevice.create();

  @AfterEach
  void free() {
    device.close();
  }

  @ParameterizedTest
  @CsvSource({"llama, element", "opt, row-column", "llama, 2:4", "opt, units"})
  void theLossOfWhatIsHeldOutNeverGrowsAndNothingComesBack(String architecture, String structures) {
    ModelConfig config = architecture.equals("llama") ? TinyModels.llama() : TinyModels.opt();
    int[][] windows = TinyModels.windows(config, 9, 12, 4);
    Map<String, Object> options = new HashMap<>();
    options.put("structures", structures.replace('-', ','));
    options.put("sparsity", 0.4);
    options.put("shots", 2);
    options.put("skip-unfit", structures.equals("2:4") ? true : null);
    try (LocalSurgeon plain = surgeon(config, options)) {
      plain.shoot(windows);
      plain.shoot(windows);
      options.put("reconstruct", true);
      try (LocalSurgeon refitted = surgeon(config, options)) {
        assertThat(refitted.shoot(windows).reconstruction()).as("the last shot only").isNull();
        Reconstruction.Result result = refitted.shoot(windows).reconstruction();
        int[][] judging = {windows[7]};
        double before = plain.losses(judging)[0];
        double after = refitted.losses(judging)[0];
        assertThat(result.lossBefore()).isCloseTo(before, within(1e-6));
        assertThat(result.lossAfter()).isCloseTo(after, within(1e-6));
        assertThat(after).isLessThanOrEqualTo(before);
        assertThat(result.kept()).isBetween(0, config.blockCount());
        for (LinearShape layer : config.linears()) {
          assertThat(zeros(refitted, layer)).as(layer.name()).isEqualTo(zeros(plain, layer));
        }
      }
    }
  }

  private List<Integer> zeros(LocalSurgeon surgeon, LinearShape layer) {
    try (Tensor weight = surgeon.load(layer.weightName(), device)) {
      double[] values = device.values(weight);
      return IntStream.range(0, values.length).filter(i -> values[i] == 0).boxed().toList();
    }
  }

  private LocalSurgeon surgeon(ModelConfig config, Map<String, Object> options) {
    return new LocalSurgeon(device, config, TinyModels.weights(config, 3), Recipe.of(options));
  }

  @Test
  void aBlockWhoseRefitsDoNotHelpIsLeftAsItWas() {
    // Two blocks of four groups.
    ModelConfig config = TinyModels.llama();
    Map<String, Double> losses = Map.of("", 5.0, "0123", 5.5, "4567", 3.0);
    List<String> calls = new ArrayList<>();
    Reconstruction.Work<String, String> work =
        new Reconstruction.Work<>() {
          @Override
          public String moments(String state, int group) {
            calls.add(state + "@" + group);
            return state + "@" + group;
          }

          @Override
          public double loss(String state) {
            calls.add("loss of '" + state + "'");
            return losses.get(state);
          }

          @Override
          public String refit(String state, int group, String moments) {
            assertThat(moments).isEqualTo(state + "@" + group);
            return state + group;
          }

          @Override
          public void decided(String kept, String dropped) {
            calls.add("keep '" + kept + "' not '" + dropped + "'");
          }
        };
    Reconstruction.Outcome<String> outcome =
        Reconstruction.run("", config, LayerRule.DEFAULT, work);
    assertThat(outcome.state()).isEqualTo("4567");
    assertThat(outcome.result()).isEqualTo(new Reconstruction.Result(2, 1, 5, 3));
    assertThat(calls)
        .containsExactly(
            "loss of ''",
            "@0",
            "0@1",
            "01@2",
            "012@3",
            "loss of '0123'",
            "keep '' not '0123'",
            "@4",
            "4@5",
            "45@6",
            "456@7",
            "loss of '4567'",
            "keep '4567' not ''");
  }

  @Test
  void groupsWithoutALayerThatMayBeTouchedAreNotLookedAt() {
    LayerRule rule = Recipe.of(Map.of("include", "layers.1.mlp,k_proj")).layers();
    List<String> calls = new ArrayList<>();
    Reconstruction.Work<String, String> work =
        new Reconstruction.Work<>() {
          @Override
          public String moments(String state, int group) {
            calls.add(state + "@" + group);
            return state;
          }

          @Override
          public double loss(String state) {
            return 9.0 - state.length();
          }

          @Override
          public String refit(String state, int group, String moments) {
            return state + group;
          }

          @Override
          public void decided(String kept, String dropped) {}
        };
    Reconstruction.Outcome<String> outcome = Reconstruction.run("", TinyModels.llama(), rule, work);
    assertThat(calls).containsExactly("@0", "0@4", "04@6", "046@7");
    assertThat(outcome.result()).isEqualTo(new Reconstruction.Result(2, 2, 9, 5));
  }

  /** Stored and gone on from, a window gives the bits of a run that never stopped. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "opt"})
  void aWindowGoesOnFromWhereItWas(String architecture) {
    ModelConfig config = architecture.equals("llama") ? TinyModels.llama() : TinyModels.opt();
    int[][] windows = TinyModels.windows(config, 2, 7, 4);
    try (LanguageModel model = LanguageModel.load(config, TinyModels.weights(config, 1), device)) {
      double[] whole = model.losses(new int[][] {windows[1]});
      for (int block = 0; block <= config.blockCount(); block++) {
        try (WindowRun first = model.enter(windows[1]);
            WindowRun second = model.enter(windows[1])) {
          first.to(block, null);
          second.resume(block, into -> device.copy(first.stream(), into));
          assertThat(second.loss()).isEqualTo(whole[0]).isEqualTo(first.loss());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"llama, 0", "llama, 7", "opt, 1", "opt, 4"})
  void momentsAreTheSumsOverTheTokensOfBothModels(String architecture, int index) {
    ModelConfig config = architecture.equals("llama") ? TinyModels.llama() : TinyModels.opt();
    int[][] windows = TinyModels.windows(config, 3, 7, 4);
    try (LanguageModel dense = LanguageModel.load(config, TinyModels.weights(config, 1), device);
        LanguageModel pruned = LanguageModel.load(config, TinyModels.weights(config, 2), device);
        PairedMoments moments =
            PairedMoments.accumulate(
                device,
                new WholeRuns(dense, pruned, windows, 6, new HeldOutWindows(9)),
                PairedMoments.groups(config).get(index))) {
      LinearShape first = PairedMoments.groups(config).get(index);
      assertThat(moments.sums()).hasSize(4);
      // The second of them is the eighth of all, which is held out.
      int[][] fit = {windows[0], windows[2]};
      assertSums(moments.sums().subList(0, 2), first, inputs(dense, fit), inputs(pruned, fit));
      int[][] judge = {windows[1]};
      assertSums(moments.sums().subList(2, 4), first, inputs(dense, judge), inputs(pruned, judge));
    }
  }

  private Inputs inputs(LanguageModel model, int[][] windows) {
    Inputs inputs = new Inputs();
    model.forward(windows, inputs);
    return inputs;
  }

  private void assertSums(List<Tensor> sums, LinearShape first, Inputs ofDense, Inputs ofPruned) {
    int n = first.augmentedInputs();
    double[][] d = ofDense.rows.get(first.name()).toArray(double[][]::new);
    double[][] x = ofPruned.rows.get(first.name()).toArray(double[][]::new);
    double[] cross = new double[n * n];
    double[] own = new double[n * (n + 1) / 2];
    for (int t = 0; t < x.length; t++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < n; k++) {
          cross[j * n + k] += d[t][j] * x[t][k];
        }
        for (int k = 0; k <= j; k++) {
          own[j * (j + 1) / 2 + k] += x[t][j] * x[t][k];
        }
      }
    }
    Tolerances.assertClose("own", device.values(sums.get(0)), own, 1e-5);
    Tolerances.assertClose("cross", device.values(sums.get(1)), cross, 1e-5);
  }

  /** What the input groups read, with a 1 at the end where they have biases. */
  private final class Inputs implements LinearTap {
    private final Map<String, List<double[]>> rows = new HashMap<>();

    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {
      LinearShape first = layers.get(0);
      double[] values = device.values(input);
      for (int t = 0; t < input.rows(); t++) {
        double[] row =
            Arrays.copyOf(
                Arrays.copyOfRange(values, t * first.inputs(), (t + 1) * first.inputs()),
                first.augmentedInputs());
        if (first.bias()) {
          row[first.inputs()] = 1;
        }
        rows.computeIfAbsent(first.name(), none -> new ArrayList<>()).add(row);
      }
    }

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {}
  }
}
