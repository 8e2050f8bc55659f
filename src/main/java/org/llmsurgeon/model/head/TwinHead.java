package org.llmsurgeon.model.head;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.layer.Linear;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.GradientTarget;
import org.llmsurgeon.model.pass.Parameter;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Reference;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Two heads, of which one reads a sequence's first token and the other its second; the logits, at
 * the first token, are the mean of both. That is one head {@code [W, W']} which reads {@code [x_1,
 * x_2] / 2}, with the mean of the biases; the other tokens say nothing but these.
 *
 * @param first the norm and the head of the first token, with a bias
 * @param second the head of the second token, {@code hidden -> outputs}, with a bias
 */
public record TwinHead(Head first, Linear second) implements WayOut {
  private static final double SHARE = 0.5;

  @Override
  public void losses(Pass pass, Tensor hidden, long logitBytes, Tensor losses) {
    try (Workspace work = pass.workspace()) {
      new LogitChunks(pass, reference(pass, hidden, work), logitBytes).losses(losses);
    }
  }

  @Override
  public int[][] targets(Pass pass, Tensor hidden, long logitBytes, List<BatchTargets> draws) {
    try (Workspace work = pass.workspace()) {
      return new LogitChunks(pass, reference(pass, hidden, work), logitBytes).targets(draws);
    }
  }

  @Override
  public void lossesAndGradient(
      Pass pass, Tensor hidden, long logitBytes, Goals goals, Results results) {
    Device device = pass.device();
    try (Workspace work = pass.workspace()) {
      Reference both = reference(pass, hidden, work);
      Tensor dFeatures = work.empty(hidden.rows(), 2 * hidden.columns());
      boolean wanted = pass.wantsParameterGradients();
      Tensor dWeight = wanted ? work.zeros(first.weight().rows(), 2 * hidden.columns()) : null;
      Tensor dBias = wanted ? work.zeros(1, first.bias().columns()) : null;
      new LogitChunks(pass, both, logitBytes)
          .lossesAndGradients(
              goals, new LogitChunks.Into(results.losses(), dFeatures, dWeight, dBias));
      if (wanted) {
        device.scale(SHARE, dBias);
        add(pass, first.weight(), dWeight, 0);
        add(pass, second.weight(), dWeight, 1);
        add(pass, first.bias(), dBias, 0);
        add(pass, second.bias(), dBias, 0);
      }
      device.scale(SHARE, dFeatures);
      int[] firsts = SequenceErrors.firsts(pass);
      Tensor part = work.empty(firsts.length, hidden.columns());
      Tensor dNormed = work.zeros(hidden.rows(), hidden.columns());
      for (int side = 0; side < 2; side++) {
        device.gather(dFeatures, firsts, columns(side, hidden.columns()), part);
        device.scatter(part, places(firsts, side), null, dNormed);
      }
      first.backward(pass, hidden, dNormed, results.gradient());
    }
  }

  /** Adds a head's part of the gradient of both. */
  private static void add(Pass pass, Parameter parameter, Tensor both, int side) {
    try (Workspace work = pass.workspace();
        GradientTarget into = pass.gradient(parameter)) {
      if (into.isWanted()) {
        Tensor part = work.empty(both.rows(), parameter.columns());
        pass.device().gather(both, null, columns(side, parameter.columns()), part);
        pass.device().add(1, part, into.tensor());
      }
    }
  }

  @Override
  public void logits(Pass pass, Tensor hidden, Tensor logits) {
    try (Workspace work = pass.workspace()) {
      Reference both = reference(pass, hidden, work);
      pass.device().multiply(1, both.features(), both.weight().transposed(), 0, logits);
      pass.device().addBias(both.bias(), logits);
    }
  }

  @Override
  public Reference reference(Pass pass, Tensor hidden, Workspace work) {
    Device device = pass.device();
    int width = hidden.columns();
    int[] firsts = SequenceErrors.firsts(pass);
    Tensor features = work.zeros(hidden.rows(), 2 * width);
    Tensor weights = work.empty(first.weight().rows(), 2 * width);
    try (Workspace own = pass.workspace()) {
      Tensor normed = first.features(pass, hidden, own);
      Tensor part = own.empty(firsts.length, width);
      for (int side = 0; side < 2; side++) {
        Parameter head = side == 0 ? first.weight() : second.weight();
        device.gather(normed, places(firsts, side), null, part);
        device.scatter(part, firsts, columns(side, width), features);
        device.scatter(head.tensor(), null, columns(side, width), weights);
      }
    }
    Tensor biases = work.empty(1, first.bias().columns());
    device.copy(first.bias().tensor(), biases);
    device.add(1, second.bias().tensor(), biases);
    device.scale(SHARE, biases);
    device.scale(SHARE, features);
    return new Reference(features, weights, biases, 0);
  }

  /** The token that a head reads of each sequence. */
  private static int[] places(int[] firsts, int side) {
    return Arrays.stream(firsts).map(first -> first + side).toArray();
  }

  /** The columns of a head in those of both. */
  private static int[] columns(int side, int width) {
    return IntStream.range(side * width, (side + 1) * width).toArray();
  }

  @Override
  public void requireFinite(Pass pass, Tensor hidden, long logitBytes) {
    try (Workspace work = pass.workspace()) {
      new LogitChunks(pass, reference(pass, hidden, work), logitBytes).requireFinite();
    }
  }
}
