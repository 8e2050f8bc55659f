package org.llmsurgeon.model.head;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Norm;
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
 *
 * <p>Means are a product with a matrix that has a token's share of its sequence, and their length
 * becomes 1 as a norm's does, so that all of it stays on the device.
 */
public record MeanPool() implements WayOut {
  @Override
  public void losses(Pass pass, Tensor hidden, long logitBytes, Tensor into) {
    if (pass.reference() == null) {
      pass.device().scale(0, into);
      return;
    }
    try (Workspace work = pass.workspace()) {
      SequenceErrors.losses(pass, errors(pass, hidden, work), into);
    }
  }

  @Override
  public int[][] targets(Pass pass, Tensor hidden, long logitBytes, List<BatchTargets> draws) {
    throw SequenceErrors.noTokens("embeddings");
  }

  @Override
  public void lossesAndGradient(
      Pass pass, Tensor hidden, long logitBytes, Goals goals, Results results) {
    Device device = pass.device();
    try (Workspace work = pass.workspace()) {
      Tensor means = means(pass, hidden, work);
      Tensor dEmbeddings;
      if (pass.reference() == null) {
        dEmbeddings = work.empty(means.rows(), means.columns());
        SequenceErrors.draw(pass, goals.targets(), dEmbeddings);
      } else {
        dEmbeddings = errors(pass, hidden, work);
      }
      Tensor dMeans = work.zeros(means.rows(), means.columns());
      device.normalizeBackward(
          unitLength(means.columns(), work, device), means, dEmbeddings, dMeans);
      Tensor shares = shares(pass, goals.weights(), work);
      device.multiply(1, shares.transposed(), dMeans, 0, results.gradient());
    }
    losses(pass, hidden, logitBytes, results.losses());
  }

  /** How far the embeddings are from the reference's, {@code [sequences, hidden]}. */
  private static Tensor errors(Pass pass, Tensor hidden, Workspace work) {
    Tensor errors = normed(pass, hidden, work);
    pass.device().add(-1, normed(pass, pass.reference().features(), work), errors);
    return errors;
  }

  private static Tensor normed(Pass pass, Tensor hidden, Workspace work) {
    Tensor embeddings = means(pass, hidden, work);
    Norm norm = unitLength(hidden.columns(), work, pass.device());
    pass.device().normalize(norm, embeddings, embeddings);
    return embeddings;
  }

  private static Tensor means(Pass pass, Tensor hidden, Workspace work) {
    Tensor means = work.empty(pass.batch().sequences(), hidden.columns());
    pass.device().multiply(1, shares(pass, null, work), hidden, 0, means);
    return means;
  }

  /**
   * {@code [sequences, tokens]}: what a token is of its sequence's mean.
   *
   * @param weights what each sequence counts, at its first token; null for 1
   */
  private static Tensor shares(Pass pass, double[] weights, Workspace work) {
    int sequences = pass.batch().sequences();
    int length = pass.batch().length();
    Tensor shares = work.zeros(sequences, sequences * length);
    double[] share = new double[length];
    for (int sequence = 0; sequence < sequences; sequence++) {
      int first = sequence * length;
      Arrays.fill(share, (weights == null ? 1 : weights[first]) / length);
      pass.device().upload(share, 0, shares, (long) sequence * shares.columns() + first, length);
    }
    return shares;
  }

  /** Divides a row by its length: its root mean square is that over the root of its size. */
  private static Norm unitLength(int width, Workspace work, Device device) {
    double[] gain = new double[width];
    Arrays.fill(gain, 1 / Math.sqrt(width));
    Tensor gains = work.empty(1, width);
    device.upload(gain, 0, gains, 0, width);
    return new Norm(Norm.Kind.RMS, gains, null, 0);
  }

  /**
   * Embeddings of a batch.
   *
   * @param hidden {@code [tokens, hidden]}
   * @return {@code [sequences][hidden]}
   */
  public double[][] embeddings(Pass pass, Tensor hidden) {
    try (Workspace work = pass.workspace()) {
      Tensor embeddings = normed(pass, hidden, work);
      double[] all = pass.device().values(embeddings);
      double[][] rows = new double[embeddings.rows()][];
      for (int row = 0; row < rows.length; row++) {
        int from = row * embeddings.columns();
        rows[row] = Arrays.copyOfRange(all, from, from + embeddings.columns());
      }
      return rows;
    }
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
}
