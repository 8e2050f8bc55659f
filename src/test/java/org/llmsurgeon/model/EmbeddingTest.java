package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.pass.TokenDraw;

@DisplayName("A model of embeddings")
class EmbeddingTest {
  private static final int[][] WINDOWS = {{3, 1, 4, 1, 5}, {9, 2, 6}, {5, 3, 5}};

  private static ModelConfig config() {
    try (ReferenceModel reference = ReferenceModel.open("bert-embedding")) {
      return reference.config();
    } catch (java.io.IOException broken) {
      throw new java.io.UncheckedIOException(broken);
    }
  }

  private static LanguageModel model(long seed, Device device) {
    return LanguageModel.load(
        config(), TinyModels.weights(config(), seed, Precision.DOUBLE), device);
  }

  @Test
  void isAsFarFromAnotherAsTheirAngleSays() {
    try (Device device = new ReferenceDevice();
        LanguageModel model = model(1, device);
        LanguageModel other = model(2, device)) {
      double[] distances = new Distillation(model, other).calibrate(WINDOWS, new Recorder());
      double[][] own = model.embeddings(WINDOWS);
      double[][] theirs = other.embeddings(WINDOWS);
      for (int window = 0; window < WINDOWS.length; window++) {
        assertThat(dot(own[window], own[window])).isCloseTo(1, within(1e-12));
        assertThat(distances[window])
            .isCloseTo(1 - dot(own[window], theirs[window]), within(1e-12));
      }
      assertThat(new Distillation(model, model).calibrate(WINDOWS, new Recorder())).containsOnly(0);
      assertThat(model.losses(WINDOWS)).containsOnly(0);
    }
  }

  /** Of the last bias, whose gradient is the sum of the output gradients. */
  @Test
  void hasGradientsThatAreTheDifferencesOfItsDistances() {
    try (Device device = new ReferenceDevice();
        LanguageModel model = model(1, device);
        LanguageModel other = model(2, device)) {
      for (LinearShape layer : model.config().linears()) {
        Recorder tap = new Recorder();
        new Distillation(model, other).calibrate(WINDOWS, tap);
        Tensor bias = model.weight(layer.biasName());
        double[] values = device.values(bias);
        for (int i = 0; i < values.length; i += 3) {
          double above = distance(model, other, bias, i, values[i] + 1e-5);
          double below = distance(model, other, bias, i, values[i] - 1e-5);
          device.upload(values, i, bias, i, 1);
          assertThat(tap.sum(layer, i))
              .as(layer.name())
              .isCloseTo((above - below) / 2e-5, within(1e-8));
        }
      }
    }
  }

  private static double distance(
      LanguageModel model, LanguageModel other, Tensor bias, int at, double value) {
    model.device().upload(new double[] {value}, 0, bias, at, 1);
    return Arrays.stream(new Distillation(model, other).calibrate(WINDOWS, new Recorder())).sum();
  }

  /** The mean of the outer products of drawn gradients is the Hessian of the distance. */
  @Test
  void drawsGradientsWhoseSquaresAreTheCurvatureOfTheDistance() {
    int[][] one = {WINDOWS[0]};
    int draws = 20000;
    try (Device device = new ReferenceDevice();
        LanguageModel model = model(1, device);
        LanguageModel dense = model(1, device)) {
      LinearShape layer = model.config().linear(1, LinearRole.DOWN);
      Recorder tap = new Recorder();
      model.calibrate(one, new Targets.Drawn(new TokenDraw(5, 0), draws), tap);
      Tensor bias = model.weight(layer.biasName());
      double[] values = device.values(bias);
      for (int i = 0; i < 3; i++) {
        double mean = 0;
        for (double[] gradient : tap.of(layer)) {
          mean += Math.pow(sum(gradient, i, layer.outputs()), 2) / draws;
        }
        double step = 1e-3;
        model.device().upload(new double[] {values[i] + step}, 0, bias, i, 1);
        double above = new Distillation(model, dense).calibrate(one, new Recorder())[0];
        model.device().upload(new double[] {values[i] - step}, 0, bias, i, 1);
        double below = new Distillation(model, dense).calibrate(one, new Recorder())[0];
        device.upload(values, i, bias, i, 1);
        assertThat(mean).isCloseTo((above + below) / (step * step), within(0.05 * mean));
      }
    }
  }

  @Test
  void saysNoTokens() {
    try (Device device = new ReferenceDevice();
        LanguageModel model = model(1, device)) {
      assertThatThrownBy(() -> model.draw(WINDOWS, new Targets.Drawn(new TokenDraw(1, 0), 1)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("choose the sampled one");
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double sum(double[] gradient, int column, int columns) {
    double sum = 0;
    for (int at = column; at < gradient.length; at += columns) {
      sum += gradient[at];
    }
    return sum;
  }

  /** Keeps output gradients. */
  private static final class Recorder implements LinearTap {
    private final Map<String, List<double[]>> gradients = new HashMap<>();
    private final ReferenceDevice device = new ReferenceDevice();

    @Override
    public void inputs(List<LinearShape> layers, Tensor input) {}

    @Override
    public void outputGradients(LinearShape layer, Tensor gradient) {
      gradients
          .computeIfAbsent(layer.name(), name -> new ArrayList<>())
          .add(device.values(gradient));
    }

    List<double[]> of(LinearShape layer) {
      return gradients.get(layer.name());
    }

    double sum(LinearShape layer, int column) {
      return of(layer).stream()
          .mapToDouble(each -> EmbeddingTest.sum(each, column, layer.outputs()))
          .sum();
    }
  }
}
