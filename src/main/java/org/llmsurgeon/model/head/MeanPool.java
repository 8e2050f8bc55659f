package org.llmsurgeon.model.head;

import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Reference;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Sentence embeddings {@code e = m / |m|}, with {@code m} the mean of a sequence's tokens (Reimers
 * and Gurevych 2019). The loss of a sequence, which its first token has, is half the squared
 * distance of {@code e} from the embedding {@code r} of a reference, {@code 1/2 |e - r|^2 = 1 - e .
 * r}.
 *
 * <p>Without a reference a gradient is that of {@code n . e}, with {@code n} drawn from the normal
 * distribution: as the Hessian of the loss at {@code r = e} is {@code J^T J}, with {@code J} the
 * derivative of {@code e}, its outer product is that Hessian on average, the Fisher information of
 * embeddings with normal errors (Martens 2020, on the Gauss-Newton matrix).
 */
public record MeanPool() implements WayOut {
  @Override
  public void losses(Pass pass, Tensor hidden, long logitBytes, Tensor into) {
    double[] losses = new double[hidden.rows()];
    if (pass.reference() != null) {
      Means own = Means.of(pass, hidden);
      Means other = Means.of(pass, pass.reference().features());
      for (int sequence = 0; sequence < own.sequences(); sequence++) {
        losses[sequence * own.length] = own.distance(other, sequence);
      }
    }
    pass.device().upload(losses, 0, into, 0, losses.length);
  }

  @Override
  public int[][] targets(Pass pass, Tensor hidden, long logitBytes, List<BatchTargets> draws) {
    throw new InputException(
        "the Fisher information kl draws tokens, and a model of embeddings says none; choose"
            + " the sampled one");
  }

  @Override
  public void lossesAndGradient(
      Pass pass, Tensor hidden, long logitBytes, Goals goals, Results results) {
    Means own = Means.of(pass, hidden);
    Means other = pass.reference() == null ? null : Means.of(pass, pass.reference().features());
    double[] values = new double[Math.toIntExact(hidden.size())];
    double[] towards = new double[own.width];
    for (int sequence = 0; sequence < own.sequences(); sequence++) {
      for (int i = 0; i < own.width; i++) {
        towards[i] =
            other == null ? goals.targets().noise(sequence, i) : own.difference(other, sequence, i);
      }
      own.backward(sequence, towards, goals.weights()[sequence * own.length], values);
    }
    pass.device().upload(values, 0, results.gradient(), 0, values.length);
    losses(pass, hidden, logitBytes, results.losses());
  }

  /**
   * Embeddings of a batch.
   *
   * @param hidden {@code [tokens, hidden]}
   * @return {@code [sequences][hidden]}
   */
  public double[][] embeddings(Pass pass, Tensor hidden) {
    Means means = Means.of(pass, hidden);
    double[][] embeddings = new double[means.sequences()][means.width];
    for (int sequence = 0; sequence < embeddings.length; sequence++) {
      for (int i = 0; i < means.width; i++) {
        embeddings[sequence][i] = means.at(sequence, i);
      }
    }
    return embeddings;
  }

  @Override
  public void logits(Pass pass, Tensor hidden, Tensor logits) {
    pass.device().copy(hidden, logits);
  }

  @Override
  public Reference reference(Pass pass, Tensor hidden, Workspace work) {
    Tensor kept = work.empty(hidden.rows(), hidden.columns());
    pass.device().copy(hidden, kept);
    return new Reference(kept, null, null, 0);
  }

  @Override
  public void requireFinite(Pass pass, Tensor hidden, long logitBytes) {
    pass.requireFinite(hidden, "what is left of the last block");
  }

  /**
   * Means of the sequences of a batch.
   *
   * @param length tokens of each
   * @param width numbers of each mean
   * @param means {@code [sequences, width]}
   * @param norms length of each mean
   */
  private record Means(int length, int width, double[] means, double[] norms) {
    static Means of(Pass pass, Tensor hidden) {
      int length = pass.batch().length();
      int width = hidden.columns();
      int sequences = pass.batch().sequences();
      double[] values = pass.device().values(hidden);
      double[] means = new double[sequences * width];
      double[] norms = new double[sequences];
      for (int sequence = 0; sequence < sequences; sequence++) {
        for (int i = 0; i < width; i++) {
          double sum = 0;
          for (int token = 0; token < length; token++) {
            sum += values[(sequence * length + token) * width + i];
          }
          double mean = sum / length;
          means[sequence * width + i] = mean;
          norms[sequence] += mean * mean;
        }
        norms[sequence] = Math.sqrt(norms[sequence]);
      }
      return new Means(length, width, means, norms);
    }

    int sequences() {
      return norms.length;
    }

    double at(int sequence, int i) {
      return means[sequence * width + i] / norms[sequence];
    }

    double difference(Means other, int sequence, int i) {
      return at(sequence, i) - other.at(sequence, i);
    }

    double distance(Means other, int sequence) {
      double sum = 0;
      for (int i = 0; i < width; i++) {
        double difference = difference(other, sequence, i);
        sum += difference * difference;
      }
      return sum / 2;
    }

    /** From a gradient of the embedding to those of the tokens. */
    void backward(int sequence, double[] gradient, double weight, double[] into) {
      double along = 0;
      for (int i = 0; i < width; i++) {
        along += gradient[i] * at(sequence, i);
      }
      for (int i = 0; i < width; i++) {
        double each = weight * (gradient[i] - along * at(sequence, i)) / (norms[sequence] * length);
        for (int token = 0; token < length; token++) {
          into[(sequence * length + token) * width + i] = each;
        }
      }
    }
  }
}
