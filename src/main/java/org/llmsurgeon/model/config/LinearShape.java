package org.llmsurgeon.model.config;

/**
 * A linear layer inside a block: what it is called and how big it is.
 *
 * @param name module name as the checkpoint writes it, for example {@code
 *     model.layers.0.self_attn.q_proj}
 * @param block index of its block, from 0
 * @param role what it does there
 * @param expert which expert of the block's mixture it is part of, from 0; {@link #NO_EXPERT} for a
 *     layer that all tokens go through
 * @param outputs rows of the weight
 * @param inputs columns of the weight, the bias not counted
 * @param bias whether it has a bias
 * @param inputGroup name of the first layer that reads the same tensor (the query layer for query,
 *     key and value; the gate for gate and up; else the layer itself): layers of one group share
 *     their input statistics
 */
public record LinearShape(
    String name,
    int block,
    LinearRole role,
    int expert,
    int outputs,
    int inputs,
    boolean bias,
    String inputGroup) {
  /** In place of an expert's index. */
  public static final int NO_EXPERT = -1;

  /** Whether only those tokens go through it that a router sends there. */
  public boolean ofExpert() {
    return expert != NO_EXPERT;
  }

  /** Number of weights, the bias included. */
  public long weights() {
    return (long) outputs * augmentedInputs();
  }

  /** Inputs, plus one for the constant 1 that the bias multiplies. */
  public int augmentedInputs() {
    return inputs + (bias ? 1 : 0);
  }

  /** Name of the weight's tensor, {@code [outputs, inputs]}. */
  public String weightName() {
    return name + ".weight";
  }

  /** Name of the bias's tensor, {@code [outputs]}; only there where {@link #bias} says so. */
  public String biasName() {
    return name + ".bias";
  }
}
