package org.llmsurgeon.curvature;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** Which approximation of the Fisher information stands for the curvature. */
public enum CurvatureKind {
  /** {@code G = I, A = I}: magnitude pruning. Needs no data. */
  IDENTITY,
  /** {@code G = I, A = mean a a^T}: the error of the layer's output. Needs a forward pass. */
  ACTIVATIONS,
  /** {@code G = mean g g^T, A = mean a a^T}: KFAC. Needs a forward and a backward pass. */
  KFAC,
  /**
   * The {@code G (x) A} nearest to the Fisher, by power iteration. Needs two passes forward and
   * backward for each iteration.
   */
  NEAREST_KRONECKER,
  /**
   * A sum of Kronecker products, each the nearest to what those before it leave of the Fisher.
   * Needs two passes for each iteration of each.
   */
  KRONECKER_SUM,
  /** KFAC with its eigenvalues corrected in a second pass (George et al., NeurIPS 2018). */
  EKFAC;

  /** Whether calibration data has to be read. */
  public boolean needsData() {
    return this != IDENTITY;
  }

  /** Whether it is a curvature of the loss, for which gradients are needed. */
  public boolean ofLoss() {
    return this != IDENTITY && this != ACTIVATIONS;
  }

  /** Whether the factors come from a power iteration, {@code A} of each layer for itself. */
  public boolean powerIteration() {
    return this == NEAREST_KRONECKER || this == KRONECKER_SUM;
  }

  /** Whether it is one product {@code G (x) A}. */
  public boolean product() {
    return this != KRONECKER_SUM && this != EKFAC;
  }

  /** The name on the command line, in reports and in files. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The kind of this name.
   *
   * @param name its {@link #optionName}
   * @throws InputException if it is another
   */
  public static CurvatureKind parse(String name) {
    return Choice.parse("curvature", name, values());
  }
}
