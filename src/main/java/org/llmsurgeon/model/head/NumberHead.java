package org.llmsurgeon.model.head;

import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.GradientTarget;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Reference;
import org.llmsurgeon.model.pass.Workspace;

/**
 * One number {@code y} for a sequence, which a head with one output gives at its first token. The
 * loss, which that token has, is {@code 1/2 (y - t)^2}, with {@code t} what is right, or what a
 * reference gives.
 *
 * <p>In place of {@code y - t} a drawn gradient has a number of the normal distribution: the outer
 * product of such gradients is on average the Hessian's {@code J^T J}, with {@code J} the
 * derivative of {@code y} (Martens 2020, on the Gauss-Newton matrix).
 *
 * @param head with one output
 */
public record NumberHead(Head head) implements WayOut {
  @Override
  public void losses(Pass pass, Tensor hidden, long logitBytes, Tensor into) {
    double[] errors = errors(pass, hidden);
    double[] losses = new double[hidden.rows()];
    for (int sequence = 0; sequence < errors.length; sequence++) {
      losses[sequence * pass.batch().length()] = errors[sequence] * errors[sequence] / 2;
    }
    pass.device().upload(losses, 0, into, 0, losses.length);
  }

  @Override
  public int[][] targets(Pass pass, Tensor hidden, long logitBytes, List<BatchTargets> draws) {
    throw new InputException(
        "the Fisher information kl draws tokens, and a model of numbers says none; choose the"
            + " sampled one");
  }

  @Override
  public void lossesAndGradient(
      Pass pass, Tensor hidden, long logitBytes, Goals goals, Results results) {
    double[] errors = errors(pass, hidden);
    double[] slopes = new double[hidden.rows()];
    for (int sequence = 0; sequence < errors.length; sequence++) {
      int first = sequence * pass.batch().length();
      boolean drawn = pass.reference() == null && goals.targets().drawn();
      double error = drawn ? goals.targets().noise(sequence, 0) : errors[sequence];
      slopes[first] = goals.weights()[first] * error;
    }
    try (Workspace work = pass.workspace();
        GradientTarget dWeight = pass.gradient(head.weight());
        GradientTarget dBias = pass.gradient(head.bias())) {
      Tensor features = head.features(pass, hidden, work);
      Tensor dNumbers = work.empty(hidden.rows(), 1);
      pass.device().upload(slopes, 0, dNumbers, 0, slopes.length);
      if (dWeight.isWanted()) {
        pass.device().multiply(1, dNumbers.transposed(), features, 1, dWeight.tensor());
      }
      if (dBias.isWanted()) {
        pass.device().addColumnSums(dNumbers, dBias.tensor());
      }
      Tensor dFeatures = work.empty(features.rows(), features.columns());
      pass.device().multiply(1, dNumbers, head.weight().tensor(), 0, dFeatures);
      head.backward(pass, hidden, dFeatures, results.gradient());
    }
    losses(pass, hidden, logitBytes, results.losses());
  }

  /** What the sequences' numbers are too large by. */
  private double[] errors(Pass pass, Tensor hidden) {
    try (Workspace work = pass.workspace()) {
      double[] own = firsts(pass, head.reference(pass, hidden, work), work);
      double[] right =
          pass.reference() == null ? pass.batch().numbers() : firsts(pass, pass.reference(), work);
      for (int sequence = 0; sequence < own.length; sequence++) {
        own[sequence] -= right[sequence];
      }
      return own;
    }
  }

  private static double[] firsts(Pass pass, Reference model, Workspace work) {
    Tensor numbers = work.empty(model.features().rows(), 1);
    pass.device().multiply(1, model.features(), model.weight().transposed(), 0, numbers);
    if (model.bias() != null) {
      pass.device().addBias(model.bias(), numbers);
    }
    double[] all = pass.device().values(numbers);
    double[] firsts = new double[pass.batch().sequences()];
    for (int sequence = 0; sequence < firsts.length; sequence++) {
      firsts[sequence] = all[sequence * pass.batch().length()];
    }
    return firsts;
  }

  @Override
  public void logits(Pass pass, Tensor hidden, Tensor logits) {
    head.logits(pass, hidden, logits);
  }

  @Override
  public Reference reference(Pass pass, Tensor hidden, Workspace work) {
    return head.reference(pass, hidden, work);
  }

  @Override
  public void requireFinite(Pass pass, Tensor hidden, long logitBytes) {
    head.requireFinite(pass, hidden, logitBytes);
  }
}
