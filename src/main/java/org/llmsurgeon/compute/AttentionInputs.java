package org.llmsurgeon.compute;

/**
 * Queries, keys and values of an attention, or the gradients with respect to them; shapes as in
 * {@link AttentionShape}.
 *
 * @param queries {@code [tokens, heads * headDimension]}
 * @param keys {@code [tokens, keyValueHeads * headDimension]}
 * @param values {@code [tokens, keyValueHeads * headDimension]}
 */
public record AttentionInputs(Tensor queries, Tensor keys, Tensor values) {}
