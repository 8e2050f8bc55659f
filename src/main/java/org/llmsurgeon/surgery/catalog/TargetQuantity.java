package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** What the sparsity is a share of (ours). */
public enum TargetQuantity {
  /** The weights of the linear layers inside blocks, biases included: what can be pruned. */
  WEIGHTS,
  /** All parameters of the model; an embedding that is also the head counts once. */
  PARAMETERS,
  /** The bytes of all parameters, in the number format of each stored tensor. */
  BYTES,
  /**
   * Multiplications with an addition for one token: those of the linear layers inside blocks and of
   * the head. Products of attention, which depend on the context, norms and biases do not count.
   */
  MULTIPLY_ADDS;

  /** The name on the command line and in reports. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The quantity of this name.
   *
   * @param name for example {@code multiply-adds}
   * @throws InputException if there is none, listing the choices
   */
  public static TargetQuantity parse(String name) {
    return Choice.parse("target", name, values());
  }
}
