package org.llmsurgeon.compute;

/**
 * The two inputs of a gated product {@code activation(gate) * up}, or the gradients with respect to
 * them.
 *
 * @param gate {@code [tokens, width]}
 * @param up {@code [tokens, width]}
 */
public record Gated(Tensor gate, Tensor up) {}
