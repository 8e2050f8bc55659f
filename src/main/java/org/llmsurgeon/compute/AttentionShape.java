package org.llmsurgeon.compute;

/**
 * Shape of a causal attention. Query head {@code h} reads key/value head {@code h / (heads /
 * keyValueHeads)}.
 *
 * @param sequences sequences in the batch; rows of all tensors are {@code sequences * length}, one
 *     sequence after the other
 * @param length tokens of each sequence
 * @param heads query heads; queries and outputs are {@code [tokens, heads * headDimension]}
 * @param keyValueHeads key and value heads, a divisor of {@code heads}; keys and values are {@code
 *     [tokens, keyValueHeads * headDimension]}
 * @param headDimension columns of one head
 * @param scale factor on the scores, usually {@code 1 / sqrt(headDimension)}
 */
public record AttentionShape(
    int sequences, int length, int heads, int keyValueHeads, int headDimension, double scale) {}
