package org.llmsurgeon.model.head;

import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
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
    try (Workspace work = pass.workspace()) {
      SequenceErrors.losses(pass, errors(pass, head.reference(pass, hidden, work), work), into);
    }
  }

  @Override
  public int[][] targets(Pass pass, Tensor hidden, long logitBytes, List<BatchTargets> draws) {
    throw SequenceErrors.noTokens("numbers");
  }

  @Override
  public void lossesAndGradient(
      Pass pass, Tensor hidden, long logitBytes, Goals goals, Results results) {
    Device device = pass.device();
    try (Workspace work = pass.workspace();
        GradientTarget dWeight = pass.gradient(head.weight());
        GradientTarget dBias = pass.gradient(head.bias())) {
      Reference own = head.reference(pass, hidden, work);
      Tensor errors = errors(pass, own, work);
      SequenceErrors.losses(pass, errors, results.losses());
      if (pass.reference() == null && goals.targets().drawn()) {
        SequenceErrors.draw(pass, goals.targets(), errors);
      }
      Tensor dNumbers = slopes(pass, errors, goals.weights(), work);
      if (dWeight.isWanted()) {
        device.multiply(1, dNumbers.transposed(), own.features(), 1, dWeight.tensor());
      }
      if (dBias.isWanted()) {
        device.addColumnSums(dNumbers, dBias.tensor());
      }
      Tensor dFeatures = work.empty(hidden.rows(), own.features().columns());
      device.multiply(1, dNumbers, head.weight().tensor(), 0, dFeatures);
      head.backward(pass, hidden, dFeatures, results.gradient());
    }
  }

  /** Gradient of each token's number, {@code [tokens, 1]}: 0 but at first tokens. */
  private static Tensor slopes(Pass pass, Tensor errors, double[] weights, Workspace work) {
    int[] firsts = SequenceErrors.firsts(pass);
    double[] counts = IntStream.of(firsts).mapToDouble(first -> weights[first]).toArray();
    Tensor slopes = uploaded(pass, counts, work);
    pass.device().multiplyElements(errors, slopes);
    Tensor all = work.zeros(weights.length, 1);
    pass.device().scatter(slopes, firsts, null, all);
    return all;
  }

  /** What the sequences' numbers are too large by, {@code [sequences, 1]}. */
  private static Tensor errors(Pass pass, Reference own, Workspace work) {
    Tensor errors = numbers(pass, own, work);
    Tensor right =
        pass.reference() == null
            ? uploaded(pass, pass.batch().numbers(), work)
            : numbers(pass, pass.reference(), work);
    pass.device().add(-1, right, errors);
    return errors;
  }

  private static Tensor uploaded(Pass pass, double[] values, Workspace work) {
    Tensor column = work.empty(values.length, 1);
    pass.device().upload(values, 0, column, 0, values.length);
    return column;
  }

  private static Tensor numbers(Pass pass, Reference model, Workspace work) {
    int[] firsts = SequenceErrors.firsts(pass);
    Tensor read = work.empty(firsts.length, model.features().columns());
    pass.device().gather(model.features(), firsts, null, read);
    Tensor numbers = work.empty(firsts.length, 1);
    pass.device().multiply(1, read, model.weight().transposed(), 0, numbers);
    if (model.bias() != null) {
      pass.device().addBias(model.bias(), numbers);
    }
    return numbers;
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
