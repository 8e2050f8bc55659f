package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.TextRow;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.pass.TokenDraw;

@DisplayName("A model of numbers")
class RegressionTest {
  /** Texts of several lengths, the first with tokens of both types. */
  private static final int[][] WINDOWS = {
    row(0.75f, 3, 1, 4, 11 + 1, 11 + 5), row(-2, 9, 2, 6, -1, -1), row(1.5f, 5, 3, 5, -1, -1)
  };

  private static int[] row(float number, int... ids) {
    int[] halves = TextRow.halves(number);
    int[] row = Arrays.copyOf(ids, ids.length + 2);
    row[ids.length] = halves[0];
    row[ids.length + 1] = halves[1];
    return row;
  }

  private static ModelConfig config() {
    try (ReferenceModel reference = ReferenceModel.open("bert-number")) {
      return reference.config();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static LanguageModel model(long seed, Device device) {
    return LanguageModel.load(
        config(), TinyModels.weights(config(), seed, Precision.DOUBLE), device);
  }

  private static double said(LanguageModel model, int[] window) {
    try (Tensor logits = model.logits(model.config().objective().example(window))) {
      return model.device().values(logits)[0];
    }
  }

  @Test
  void isAsFarAsTheSquareOfItsErrorSays() {
    try (Device device = new ReferenceDevice();
        LanguageModel model = model(1, device);
        LanguageModel other = model(2, device)) {
      double[] losses = model.losses(WINDOWS);
      double[] distances = new Distillation(model, other).divergences(WINDOWS);
      double[] numbers = {0.75, -2, 1.5};
      for (int window = 0; window < WINDOWS.length; window++) {
        double own = said(model, WINDOWS[window]);
        double theirs = said(other, WINDOWS[window]);
        assertThat(losses[window]).isCloseTo(Math.pow(own - numbers[window], 2) / 2, within(1e-12));
        assertThat(distances[window]).isCloseTo(Math.pow(own - theirs, 2) / 2, within(1e-12));
      }
    }
  }

  @Test
  void hasGradientsThatAreTheDifferencesOfItsLosses() {
    try (Device device = new ReferenceDevice();
        LanguageModel model = model(1, device);
        LanguageModel other = model(2, device);
        ParameterGradients own = model.zeroGradients(Precision.DOUBLE);
        ParameterGradients towards = model.zeroGradients(Precision.DOUBLE)) {
      model.gradients(WINDOWS, 1, own);
      new Distillation(model, other).gradients(WINDOWS, 1, towards);
      for (String name : model.parameterNames()) {
        Tensor weight = model.weight(name);
        double[] values = device.values(weight);
        for (int i = 0; i < values.length; i += Math.max(1, values.length / 3)) {
          device.upload(new double[] {values[i] + 1e-5}, 0, weight, i, 1);
          double above = sum(model.losses(WINDOWS));
          double aboveOther = sum(new Distillation(model, other).divergences(WINDOWS));
          device.upload(new double[] {values[i] - 1e-5}, 0, weight, i, 1);
          double below = sum(model.losses(WINDOWS));
          double belowOther = sum(new Distillation(model, other).divergences(WINDOWS));
          device.upload(values, i, weight, i, 1);
          assertThat(device.values(own.of(name))[i])
              .as(name)
              .isCloseTo((above - below) / 2e-5, within(1e-6));
          assertThat(device.values(towards.of(name))[i])
              .as(name)
              .isCloseTo((aboveOther - belowOther) / 2e-5, within(1e-6));
        }
      }
    }
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  /** The mean of the squares of drawn gradients is the Gauss-Newton matrix, {@code J^T J}. */
  @Test
  void drawsGradientsWhoseSquaresAreTheCurvature() {
    int[][] one = {WINDOWS[0]};
    int draws = 4000;
    int tokens = 5;
    try (Device device = new ReferenceDevice();
        LanguageModel model = model(1, device)) {
      LinearShape layer = model.config().linear(1, LinearRole.DOWN);
      RecordingTap tap = new RecordingTap(device);
      model.calibrate(one, new Targets.Drawn(new TokenDraw(5, 0), draws), tap);
      Tensor bias = model.weight(layer.biasName());
      double[] values = device.values(bias);
      List<double[]> gradients = tap.gradients.get(layer.name());
      for (int i = 0; i < 3; i++) {
        double mean = 0;
        for (int draw = 0; draw < draws; draw++) {
          double sum = 0;
          for (int token = 0; token < tokens; token++) {
            sum += gradients.get(draw * tokens + token)[i];
          }
          mean += sum * sum / draws;
        }
        device.upload(new double[] {values[i] + 1e-4}, 0, bias, i, 1);
        double above = said(model, one[0]);
        device.upload(new double[] {values[i] - 1e-4}, 0, bias, i, 1);
        double below = said(model, one[0]);
        device.upload(values, i, bias, i, 1);
        double slope = (above - below) / 2e-4;
        assertThat(mean).isCloseTo(slope * slope, within(0.1 * slope * slope));
      }
    }
  }

  @Test
  void refusesNumbersThatAreNoneAndTypesThatItHasNot() {
    try (Device device = new ReferenceDevice();
        LanguageModel model = model(1, device)) {
      assertThatThrownBy(() -> model.losses(new int[][] {row(Float.NaN, 3, 1, 4)}))
          .isInstanceOf(InputException.class)
          .hasMessage("window 0 has the number NaN: give finite ones");
      assertThatThrownBy(() -> model.losses(new int[][] {row(1, 3, 33, 4)}))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("token id 22");
      assertThatThrownBy(() -> model.draw(WINDOWS, new Targets.Drawn(new TokenDraw(1, 0), 1)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("choose the sampled one");
    }
  }
}
