package org.llmsurgeon.model.layer;

import java.util.List;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.GradientTarget;
import org.llmsurgeon.model.pass.Parameter;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * The way out: the residual stream becomes a distribution over the next token. Runs in chunks of
 * tokens, forward and backward at once, so that the logits of a whole batch never exist.
 *
 * @param norm the last norm, or null
 * @param projection {@code hidden -> width}, or null where they are the same
 * @param weight {@code [vocabulary, width]}
 * @param logits what is done to the logits
 */
public record Head(NormLayer norm, Linear projection, Parameter weight, Logits logits) {
  /**
   * What is done to the logits.
   *
   * @param scale factor on them
   * @param cap they go through {@code cap tanh(logit / cap)}; 0 where they do not
   */
  public record Logits(double scale, double cap) {}

  /**
   * Of what a gradient is taken.
   *
   * @param weights what each token counts in the sum
   * @param targets what each token should predict
   */
  public record Goals(double[] weights, BatchTargets targets) {}

  /**
   * Cross-entropy of each token.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param logitBytes bytes of logits at one time
   * @return nats; 0 for a token without a target
   */
  public double[] losses(Pass pass, Tensor hidden, long logitBytes) {
    try (Workspace work = pass.workspace()) {
      Tensor features = features(pass, hidden, work);
      return chunks(pass, features, logitBytes).losses();
    }
  }

  /**
   * Targets of each token in several draws.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param logitBytes bytes of logits at one time
   * @param draws the draws
   * @return {@code [draws, tokens]}; -1 where none counts
   */
  public int[][] targets(Pass pass, Tensor hidden, long logitBytes, List<BatchTargets> draws) {
    try (Workspace work = pass.workspace()) {
      Tensor features = features(pass, hidden, work);
      return chunks(pass, features, logitBytes).targets(draws);
    }
  }

  /**
   * Loss of each token, and a gradient: that of the weighted sum of the cross-entropies of the
   * goals, or of the divergences where the pass has a reference.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param logitBytes bytes of logits at one time
   * @param goals what each token should predict, and what it counts in the sum
   * @param gradient with respect to {@code hidden}, written
   * @return nats; 0 for a token without a target
   */
  public double[] lossesAndGradient(
      Pass pass, Tensor hidden, long logitBytes, Goals goals, Tensor gradient) {
    try (Workspace work = pass.workspace();
        GradientTarget dWeight = pass.gradient(weight)) {
      Tensor features = features(pass, hidden, work);
      Tensor dFeatures = work.empty(features.rows(), features.columns());
      double[] losses =
          chunks(pass, features, logitBytes)
              .lossesAndGradients(goals.weights(), goals.targets(), dFeatures, dWeight.tensor());
      backward(pass, hidden, dFeatures, gradient);
      return losses;
    }
  }

  /**
   * All logits.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param logits {@code [tokens, vocabulary]}, written
   */
  public void logits(Pass pass, Tensor hidden, Tensor logits) {
    try (Workspace work = pass.workspace()) {
      Tensor features = features(pass, hidden, work);
      pass.device().multiply(1, features, weight.tensor().transposed(), 0, logits);
      if (this.logits.cap() > 0) {
        LogitChunks.cap(pass, this.logits.cap(), logits);
      }
    }
  }

  /**
   * Checks all logits.
   *
   * @throws NonFiniteException where one is NaN or infinite
   */
  public void requireFinite(Pass pass, Tensor hidden, long logitBytes) {
    try (Workspace work = pass.workspace()) {
      Tensor features = features(pass, hidden, work);
      chunks(pass, features, logitBytes).requireFinite();
    }
  }

  private Tensor normed(Pass pass, Tensor hidden, Workspace work) {
    if (norm == null) {
      return hidden;
    }
    Tensor normed = work.empty(hidden.rows(), hidden.columns());
    norm.forward(pass, hidden, normed);
    return normed;
  }

  /**
   * What the logits are a linear function of.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param work owns the result
   * @return {@code [tokens, width]}
   */
  public Tensor features(Pass pass, Tensor hidden, Workspace work) {
    Tensor normed = normed(pass, hidden, work);
    Tensor features = normed;
    if (projection != null) {
      features = work.empty(hidden.rows(), weight.columns());
      projection.forward(pass, normed, features);
    }
    if (logits.scale() == 1) {
      return features;
    }
    Tensor scaled = work.empty(features.rows(), features.columns());
    pass.device().copy(features, scaled);
    pass.device().scale(logits.scale(), scaled);
    return scaled;
  }

  private LogitChunks chunks(Pass pass, Tensor features, long logitBytes) {
    return new LogitChunks(pass, weight.tensor(), features, logitBytes, logits.cap());
  }

  private void backward(Pass pass, Tensor hidden, Tensor dFeatures, Tensor gradient) {
    try (Workspace work = pass.workspace()) {
      Tensor dNormed = dFeatures;
      if (logits.scale() != 1) {
        pass.device().scale(logits.scale(), dFeatures);
      }
      if (projection != null) {
        Tensor normed = pass.wantsParameterGradients() ? normed(pass, hidden, work) : null;
        dNormed = work.empty(hidden.rows(), hidden.columns());
        projection.backward(pass, normed, dFeatures, dNormed, 0);
      }
      if (norm == null) {
        pass.device().copy(dNormed, gradient);
      } else {
        pass.device().scale(0, gradient);
        norm.backward(pass, hidden, dNormed, gradient);
      }
    }
  }
}
