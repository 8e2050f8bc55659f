package org.llmsurgeon.surgery.recover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What a recovery reads, how fast it goes, when it ends and what it keeps. */
class RecoveryTest {
  /** A state is the number of its step; held-out losses are a function of that. */
  private static final class Numbers implements Recovery.Work<Integer> {
    private final IntToDoubleFunction loss;
    private final List<Integer> looks = new ArrayList<>();
    private final List<Double> rates = new ArrayList<>();
    private final List<Recovery.Progress<Integer>> reached = new ArrayList<>();

    Numbers(IntToDoubleFunction loss) {
      this.loss = loss;
    }

    @Override
    public double look(Integer state) {
      looks.add(state);
      return loss.applyAsDouble(state);
    }

    @Override
    public Recovery.Stepped<Integer> step(Integer state, Recovery.Step step) {
      assertThat(step.number()).isEqualTo(state + 1);
      rates.add(step.rate());
      return new Recovery.Stepped<>(step.number(), 100.0 - step.number());
    }

    @Override
    public void reached(Recovery.Progress<Integer> progress) {
      reached.add(progress);
    }
  }

  private static Recipe recipe(long tokens, int batch) {
    return Recipe.of(
        Map.of(
            "recover",
            "distill",
            "recover-tokens",
            tokens,
            "recover-batch",
            batch,
            "recover-rate",
            0.02));
  }

  private static Recovery.Progress<Integer> run(Numbers work, int steps) {
    Recipe recipe = recipe(10L * steps, 1);
    RecoveryPlan plan = RecoveryPlan.of(recipe, 30, 10);
    assertThat(plan.steps()).hasSize(steps);
    return Recovery.run(Recovery.start(0, work), recipe.recovery(), plan, work);
  }

  @Test
  void theBestLookIsKeptAndTheEndComesWhereNoneIsBetter() {
    Numbers work = new Numbers(step -> Math.abs(step - 30));
    Recovery.Progress<Integer> end = run(work, 100);
    assertThat(work.looks).startsWith(0, 5, 10).endsWith(45, 50);
    assertThat(end.best()).isEqualTo(30);
    assertThat(end.state()).isEqualTo(50);
    assertThat(end.soFar()).isEqualTo(new Recovery.Result(50, 30, 30, 0, 99, 50));
  }

  @Test
  void aRecoveryThatHelpsToTheEndUsesAllSteps() {
    Numbers work = new Numbers(step -> 1.0 / (1 + step));
    Recovery.Progress<Integer> end = run(work, 41);
    assertThat(end.best()).isEqualTo(41);
    assertThat(work.rates).startsWith(0.01, 0.02).hasSize(41);
    assertThat(end.soFar().steps()).isEqualTo(41);
    assertThat(end.misses()).isZero();
  }

  @Test
  void whereNoStepHelpsTheWeightsStay() {
    Numbers work = new Numbers(step -> step);
    Recovery.Progress<Integer> end = run(work, 20);
    assertThat(end.best()).isZero();
    assertThat(end.soFar().bestStep()).isZero();
    assertThat(end.soFar().steps()).isEqualTo(4);
  }

  @Test
  void itGoesOnFromWhereItWasWithTheSameEnd() {
    Numbers straight = new Numbers(step -> Math.abs(step - 30));
    Recovery.Progress<Integer> end = run(straight, 100);
    Recipe recipe = recipe(1000, 1);
    for (Recovery.Progress<Integer> stop : straight.reached) {
      Numbers work = new Numbers(step -> Math.abs(step - 30));
      assertThat(Recovery.run(stop, recipe.recovery(), RecoveryPlan.of(recipe, 30, 10), work))
          .isEqualTo(end);
    }
  }

  @Test
  void theRateGrowsAndFallsAsACosine() {
    CosineSchedule schedule = CosineSchedule.of(2, 100);
    assertThat(schedule.at(1)).isEqualTo(0.4);
    assertThat(schedule.at(5)).isEqualTo(2);
    // Half of the way from the peak at 5 to 101.
    assertThat(schedule.at(53)).isCloseTo(1, within(1e-12));
    assertThat(schedule.at(100)).isBetween(0.0, 0.001);
    assertThat(IntStream.range(5, 100).allMatch(i -> schedule.at(i) > schedule.at(i + 1))).isTrue();
    assertThat(CosineSchedule.of(3, 1).at(1)).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "14, 1", "15, 1", "100, 6", "480, 31", "2000, 32"})
  void asManyWindowsAreDrawnAsAreReadOnce(int windows, int heldOut) {
    Recipe recipe = recipe(windows * 8L - 3, 4);
    RecoveryPlan.Wanted wanted = RecoveryPlan.wanted(recipe.recovery(), 8);
    assertThat(wanted).isEqualTo(new RecoveryPlan.Wanted(windows, heldOut));
    RecoveryPlan plan = RecoveryPlan.of(recipe, windows + heldOut, 8);
    assertThat(plan.training()).isEqualTo(windows);
    assertThat(plan.heldOut()).isEqualTo(heldOut);
    assertThat(read(plan)).containsExactlyInAnyOrder(IntStream.range(0, windows).toArray());
  }

  private static int[] read(RecoveryPlan plan) {
    return plan.steps().stream().flatMap(List::stream).flatMapToInt(Arrays::stream).toArray();
  }

  @Test
  void fewWindowsAreReadAgainInAnotherOrder() {
    RecoveryPlan plan = RecoveryPlan.of(recipe(25 * 8, 3), 11, 8);
    int[] read = read(plan);
    assertThat(read).hasSize(25);
    assertThat(Arrays.copyOfRange(read, 0, 10)).containsExactlyInAnyOrder(range(10));
    assertThat(Arrays.copyOfRange(read, 10, 20)).containsExactlyInAnyOrder(range(10));
    assertThat(Arrays.copyOfRange(read, 0, 10)).isNotEqualTo(Arrays.copyOfRange(read, 10, 20));
    assertThat(plan.steps()).hasSize(9);
    assertThat(plan.steps().get(0)).extracting(part -> part.length).containsExactly(2, 1);
  }

  private static int[] range(int count) {
    return IntStream.range(0, count).toArray();
  }

  @Test
  void oneWindowIsNotEnough() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> RecoveryPlan.of(recipe(100, 1), 1, 8))
        .withMessageContaining("--recover needs two windows")
        .withMessageContaining("give more calibration text");
  }
}
