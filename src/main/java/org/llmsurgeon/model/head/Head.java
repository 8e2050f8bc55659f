package org.llmsurgeon.model.head;

import java.util.List;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.layer.Linear;
import org.llmsurgeon.model.layer.NormLayer;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.GradientTarget;
import org.llmsurgeon.model.pass.Parameter;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Reference;
import org.llmsurgeon.model.pass.Workspace;

/**
 * The way out: the residual stream becomes a distribution over the next token. Runs in chunks of
 * tokens, forward and backward at once, so that the logits of a whole batch never exist.
 *
 * @param norm the last norm, or null
 * @param projection {@code hidden -> width}, or null where they are the same
 * @param transform a layer of its own before the head, or null
 * @param weight {@code [outputs, width]}
 * @param bias {@code [outputs]}, or null
 * @param logits what is done to the logits
 */
public record Head(
    NormLayer norm,
    Linear projection,
    Transform transform,
    Parameter weight,
    Parameter bias,
    Logits logits)
    implements WayOut {
  /**
   * A layer before the head: {@code norm(activation(dense(x)))}.
   *
   * @param dense {@code hidden -> hidden}
   * @param activation non-linearity
   * @param norm of the result, or null
   */
  public record Transform(Linear dense, Activation activation, NormLayer norm) {
    Tensor forward(Pass pass, Tensor in, Workspace work) {
      Tensor active = active(pass, raised(pass, in, work), work);
      if (norm == null) {
        return active;
      }
      Tensor normed = work.empty(in.rows(), in.columns());
      norm.forward(pass, active, normed);
      return normed;
    }

    private Tensor raised(Pass pass, Tensor in, Workspace work) {
      Tensor raised = work.empty(in.rows(), in.columns());
      dense.forward(pass, in, raised);
      return raised;
    }

    private Tensor active(Pass pass, Tensor raised, Workspace work) {
      Tensor active = work.empty(raised.rows(), raised.columns());
      pass.device().activate(activation, raised, active);
      return active;
    }

    /** Gradient of what was read. */
    Tensor backward(Pass pass, Tensor in, Tensor dOut, Workspace work) {
      Tensor raised = raised(pass, in, work);
      Tensor gradient = dOut;
      if (norm != null) {
        gradient = work.zeros(in.rows(), in.columns());
        norm.backward(pass, active(pass, raised, work), dOut, gradient);
      }
      pass.device().activateBackward(activation, raised, gradient, gradient);
      Tensor dIn = work.empty(in.rows(), in.columns());
      dense.backward(pass, in, gradient, dIn, 0);
      return dIn;
    }
  }

  /**
   * What is done to the logits.
   *
   * @param scale factor on them
   * @param cap they go through {@code cap tanh(logit / cap)}; 0 where they do not
   */
  public record Logits(double scale, double cap) {}

  @Override
  public void losses(Pass pass, Tensor hidden, long logitBytes, Tensor losses) {
    try (Workspace work = pass.workspace()) {
      Tensor features = features(pass, hidden, work);
      chunks(pass, features, logitBytes).losses(losses);
    }
  }

  @Override
  public int[][] targets(Pass pass, Tensor hidden, long logitBytes, List<BatchTargets> draws) {
    try (Workspace work = pass.workspace()) {
      Tensor features = features(pass, hidden, work);
      return chunks(pass, features, logitBytes).targets(draws);
    }
  }

  @Override
  public void lossesAndGradient(
      Pass pass, Tensor hidden, long logitBytes, Goals goals, Results results) {
    try (Workspace work = pass.workspace();
        GradientTarget dWeight = pass.gradient(weight);
        GradientTarget dBias = pass.gradient(bias)) {
      Tensor features = features(pass, hidden, work);
      Tensor dFeatures = work.empty(features.rows(), features.columns());
      chunks(pass, features, logitBytes)
          .lossesAndGradients(
              goals,
              new LogitChunks.Into(results.losses(), dFeatures, dWeight.tensor(), dBias.tensor()));
      backward(pass, hidden, dFeatures, results.gradient());
    }
  }

  @Override
  public void logits(Pass pass, Tensor hidden, Tensor logits) {
    try (Workspace work = pass.workspace()) {
      Tensor features = features(pass, hidden, work);
      pass.device().multiply(1, features, weight.tensor().transposed(), 0, logits);
      if (bias != null) {
        pass.device().addBias(bias.tensor(), logits);
      }
      if (this.logits.cap() > 0) {
        LogitChunks.cap(pass, this.logits.cap(), logits);
      }
    }
  }

  @Override
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

  @Override
  public Reference reference(Pass pass, Tensor hidden, Workspace work) {
    return reference(features(pass, hidden, work));
  }

  private Reference reference(Tensor features) {
    return new Reference(
        features, weight.tensor(), bias == null ? null : bias.tensor(), logits.cap());
  }

  /**
   * What the logits are a linear function of.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param work owns the result
   * @return {@code [tokens, width]}
   */
  Tensor features(Pass pass, Tensor hidden, Workspace work) {
    Tensor normed = normed(pass, hidden, work);
    Tensor features = normed;
    if (projection != null) {
      features = work.empty(hidden.rows(), weight.columns());
      projection.forward(pass, normed, features);
    }
    if (transform != null) {
      features = transform.forward(pass, features, work);
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
    return new LogitChunks(pass, reference(features), logitBytes);
  }

  /**
   * Gradient of the residual stream.
   *
   * @param dFeatures gradient of the features, {@code [tokens, width]}; overwritten
   * @param gradient {@code [tokens, hidden]}, written
   */
  void backward(Pass pass, Tensor hidden, Tensor dFeatures, Tensor gradient) {
    try (Workspace work = pass.workspace()) {
      Tensor dNormed = dFeatures;
      if (logits.scale() != 1) {
        pass.device().scale(logits.scale(), dFeatures);
      }
      if (transform != null) {
        dNormed = transform.backward(pass, normed(pass, hidden, work), dNormed, work);
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
