package org.llmsurgeon.model;

import java.util.function.Function;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.pass.Workspace;

/**
 * How far a model is from another: for each window the mean over its predictions of {@code KL(q |
 * p)}, in nats, where {@code q} is what the teacher says about the next token and {@code p} what
 * the student says (distillation, Hinton et al. 2015, at temperature 1); 0 where both are the same.
 * Windows are token ids, at least 2 each.
 *
 * @param student the model
 * @param teacher the other model, of the same configuration and precision on the same device
 */
public record Distillation(LanguageModel student, LanguageModel teacher) {
  /** Refuses another network. */
  public Distillation {
    if (!teacher.config().equals(student.config()) || teacher.precision() != student.precision()) {
      throw new IllegalArgumentException("the teacher is another network");
    }
  }

  /**
   * Divergences, forward only.
   *
   * @param windows token ids
   * @return of each window
   */
  public double[] divergences(int[][] windows) {
    return student.run(windows, null, null, towards(student::losses));
  }

  /**
   * Forward and backward of the sum of the windows' divergences. Only gradients of activations are
   * computed.
   *
   * @param windows token ids
   * @param tap sees the linear layers' inputs and output gradients
   * @return the divergence of each window
   */
  public double[] calibrate(int[][] windows, LinearTap tap) {
    return student.run(windows, tap, null, towards(pass -> propagate(pass, 1)));
  }

  /**
   * Forward and backward, with gradients of parameters.
   *
   * @param windows token ids
   * @param lossScale factor on the sum of the windows' divergences whose gradient is taken
   * @param into takes the gradients, added to what it holds
   * @return the divergence of each window, not scaled
   */
  public double[] gradients(int[][] windows, double lossScale, ParameterGradients into) {
    return student.run(windows, null, into, towards(pass -> propagate(pass, lossScale)));
  }

  private double[] propagate(Pass pass, double lossScale) {
    return student.propagate(pass, lossScale, Targets.OF_TEXT);
  }

  /** A pass towards what the teacher says about the same tokens. */
  private Function<Pass, double[]> towards(Function<Pass, double[]> how) {
    return pass -> {
      try (Workspace work = pass.workspace()) {
        return how.apply(pass.towards(teacher.network().reference(pass.silent(), work)));
      }
    };
  }
}
