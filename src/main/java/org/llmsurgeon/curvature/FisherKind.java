package org.llmsurgeon.curvature;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** Whose losses the gradients are of that the Fisher is made from. */
public enum FisherKind {
  /** The calibration text's: its own next tokens. */
  EMPIRICAL,
  /** Of tokens drawn from the model as it is: the Fisher information proper. */
  SAMPLED,
  /**
   * Of tokens drawn from the dense model: the curvature of the Kullback-Leibler divergence from it
   * where the two agree.
   */
  KL;

  /** The name on the command line, in reports and in files. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The kind of this name.
   *
   * @param name {@code empirical}, {@code sampled} or {@code kl}
   * @throws InputException if it is another
   */
  public static FisherKind parse(String name) {
    return Choice.parse("Fisher", name, values());
  }
}
