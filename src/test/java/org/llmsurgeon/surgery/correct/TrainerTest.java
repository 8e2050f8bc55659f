package org.llmsurgeon.surgery.correct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;

/**
 * A model learns a few windows by heart; the same seed gives the same bits, with one part or more;
 * more parts change no more than rounding; the schedule is the one that was asked for.
 */
class TrainerTest {
  private static final int STEPS = 150;
  private static final AdamOptions ADAM = new AdamOptions(0.9, 0.99, 1e-8, 0, 1);

  private final Device device = CpuDevice.create();

  @AfterEach
  void free() {
    device.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "opt"})
  void aModelLearnsAFewWindowsByHeart(String architecture) {
    ModelConfig config = architecture.equals("llama") ? TinyModels.llama() : TinyModels.opt();
    int[][] windows = TinyModels.windows(config, 2, 8, 5);
    try (LanguageModel model = model(config)) {
      double before = Objective.NEXT_TOKEN.score(model.losses(windows));
      List<TrainerStep> steps = new ArrayList<>();
      new Trainer(model, options(2, 1, STEPS, 0)).train(windows, steps::add);
      assertThat(before).isGreaterThan(5);
      assertThat(Objective.NEXT_TOKEN.score(model.losses(windows))).isLessThan(1.1);
      assertThat(steps).hasSize(STEPS);
      assertThat(steps.get(0).loss()).isCloseTo(Math.log(before), within(1e-5));
      assertThat(steps).allMatch(step -> step.gradientNorm() > 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theSameSeedGivesTheSameBits(int parts) {
    assertThat(trained(parts, 9)).containsExactly(trained(parts, 9));
  }

  @Test
  void anotherSeedReadsTheWindowsInAnotherOrder() {
    assertThat(trained(1, 9)).isNotEqualTo(trained(1, 10));
  }

  @Test
  void partsChangeNoMoreThanRounding() {
    assertThat(trained(2, 9)).containsExactly(trained(1, 9), within(1e-3));
  }

  @Test
  void everyWindowIsReadBeforeAnyComesAgain() {
    ModelConfig config = TinyModels.llama();
    int[][] windows = TinyModels.windows(config, 5, 6, 3);
    try (LanguageModel model = model(config)) {
      double[] each = model.losses(windows);
      List<Double> seen = new ArrayList<>();
      new Trainer(model, still(15)).train(windows, step -> seen.add(step.loss()));
      for (int epoch = 0; epoch < 3; epoch++) {
        assertThat(sorted(seen.subList(5 * epoch, 5 * epoch + 5)))
            .containsExactly(sorted(DoubleStream.of(each).boxed().toList()), within(1e-6));
      }
    }
  }

  @Test
  void theRateGrowsToItsPeakAndFallsTowardsZero() {
    TrainerSchedule schedule = new TrainerSchedule(1, 2, 6);
    double[] rates = new double[6];
    Arrays.setAll(rates, i -> schedule.at(i + 1));
    assertThat(rates).containsExactly(new double[] {0.5, 1, 0.8, 0.6, 0.4, 0.2}, within(1e-12));
    assertThatIllegalArgumentException().isThrownBy(() -> schedule.at(7));
    assertThatIllegalArgumentException().isThrownBy(() -> new TrainerSchedule(1, 7, 6));
  }

  @Test
  void aBatchThatTheNumberOfPartsDoesNotDivideIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> options(3, 2, 1, 0));
  }

  /** All weights after a few steps, one after the other. */
  private double[] trained(int parts, long seed) {
    ModelConfig config = TinyModels.llama();
    try (LanguageModel model = model(config)) {
      int[][] windows = TinyModels.windows(config, 6, 8, 4);
      new Trainer(model, options(2, parts, 10, seed)).train(windows, step -> {});
      return model.parameterNames().stream()
          .flatMapToDouble(name -> DoubleStream.of(device.values(model.weight(name))))
          .toArray();
    }
  }

  private LanguageModel model(ModelConfig config) {
    return LanguageModel.load(config, TinyModels.weights(config, 1).writable(), device);
  }

  private static TrainerOptions options(int batch, int parts, int steps, long seed) {
    TrainerSchedule schedule = new TrainerSchedule(0.03, steps / 10, steps);
    return new TrainerOptions(batch, parts, schedule, ADAM, seed);
  }

  /** Steps of length 0, one window each. */
  private static TrainerOptions still(int steps) {
    return new TrainerOptions(1, 1, new TrainerSchedule(0, 0, steps), ADAM, 2);
  }

  private static double[] sorted(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }
}
