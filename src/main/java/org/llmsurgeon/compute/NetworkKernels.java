package org.llmsurgeon.compute;

/**
 * Forward and backward of the layers of a network, in pairs. {@code d...} is the gradient of the
 * loss with respect to the thing of that name. Backward methods overwrite their outputs unless they
 * say "adds to". Everything a backward needs is passed again: nothing is remembered between calls.
 */
public interface NetworkKernels {
  /**
   * {@code out[t] = table[ids[t]]}.
   *
   * @param table {@code [vocabulary, width]}
   * @param ids one row index per token
   * @param out {@code [tokens, width]}
   */
  void embed(Tensor table, int[] ids, Tensor out);

  /**
   * {@code dTable[ids[t]] += dOut[t]}, in the order of the tokens.
   *
   * @param ids one row index per token
   * @param dOut {@code [tokens, width]}
   * @param dTable {@code [vocabulary, width]}, added to
   */
  void embedBackward(int[] ids, Tensor dOut, Tensor dTable);

  /**
   * {@code x[t] += bias}.
   *
   * @param bias {@code [1, width]}
   * @param x {@code [tokens, width]}
   */
  void addBias(Tensor bias, Tensor x);

  /**
   * {@code sums += sum_t x[t]}: the gradient of a bias.
   *
   * @param x {@code [tokens, width]}
   * @param sums {@code [1, width]}, added to
   */
  void addColumnSums(Tensor x, Tensor sums);

  /**
   * Normalises each row.
   *
   * @param norm kind and weights
   * @param x {@code [tokens, width]}
   * @param out {@code [tokens, width]}; may be {@code x}
   */
  void normalize(Norm norm, Tensor x, Tensor out);

  /**
   * Gradient of {@link #normalize} with respect to its input.
   *
   * @param norm kind and weights
   * @param x what was normalised, {@code [tokens, width]}
   * @param dOut {@code [tokens, width]}
   * @param dx {@code [tokens, width]}, added to
   */
  void normalizeBackward(Norm norm, Tensor x, Tensor dOut, Tensor dx);

  /**
   * Gradients of {@link #normalize} with respect to its weights.
   *
   * @param norm kind and weights
   * @param x what was normalised, {@code [tokens, width]}
   * @param dOut {@code [tokens, width]}
   * @param dGain {@code [1, width]}, added to
   * @param dBias {@code [1, width]}, added to, or null where the norm has no bias
   */
  void normalizeWeightGradients(Norm norm, Tensor x, Tensor dOut, Tensor dGain, Tensor dBias);

  /**
   * {@code out = activation(x)}.
   *
   * @param activation which one
   * @param x any shape
   * @param out same shape; may be {@code x}
   */
  void activate(Activation activation, Tensor x, Tensor out);

  /**
   * {@code dx = activation'(x) dOut}.
   *
   * @param activation which one
   * @param x what was activated
   * @param dOut same shape
   * @param dx same shape; may be {@code dOut}
   */
  void activateBackward(Activation activation, Tensor x, Tensor dOut, Tensor dx);

  /**
   * {@code out = activation(gate) * up}.
   *
   * @param activation which one
   * @param in the two inputs
   * @param out same shape
   */
  void gate(Activation activation, Gated in, Tensor out);

  /**
   * Gradients of {@link #gate}.
   *
   * @param activation which one
   * @param in the two inputs
   * @param dOut same shape
   * @param gradients written; may be the same memory as nothing else
   */
  void gateBackward(Activation activation, Gated in, Tensor dOut, Gated gradients);

  /**
   * Rotates every head of every token to its position, in place.
   *
   * @param rotary tables
   * @param x {@code [tokens, heads * headDimension]}
   */
  void rotate(Rotary rotary, Tensor x);

  /**
   * Rotates back, in place. With unscaled tables this is the inverse of {@link #rotate} and always
   * its transpose, so also its backward.
   *
   * @param rotary tables
   * @param x {@code [tokens, heads * headDimension]}
   */
  void rotateBack(Rotary rotary, Tensor x);

  /**
   * Causal attention {@code out = softmax(scale q k^T) v}, per sequence and head; never all heads'
   * scores at once.
   *
   * @param shape sizes
   * @param in queries, keys, values
   * @param out {@code [tokens, heads * headDimension]}
   */
  void attention(AttentionShape shape, AttentionInputs in, Tensor out);

  /**
   * Gradients of {@link #attention}. Scores are computed again, block by block.
   *
   * @param shape sizes
   * @param in queries, keys, values
   * @param out what {@link #attention} wrote
   * @param dOut {@code [tokens, heads * headDimension]}
   * @param gradients written
   */
  void attentionBackward(
      AttentionShape shape, AttentionInputs in, Tensor out, Tensor dOut, AttentionInputs gradients);

  /**
   * Cross-entropy of each row, in nats.
   *
   * @param logits {@code [rows, vocabulary]}
   * @param targets the right column of each row, or -1 for a row that does not count
   * @param losses {@code [rows, 1]} of double precision, written; 0 for rows that do not count
   */
  void crossEntropy(Tensor logits, int[] targets, Tensor losses);

  /**
   * Gradient of {@code sum_t weights[t] losses[t]}, in place: {@code logits[t] <- weights[t]
   * (softmax(logits[t]) - onehot)}, and 0 for rows that do not count.
   *
   * @param logits {@code [rows, vocabulary]}
   * @param goals {@code [rows, 1]} of double precision: the right column of each row, or -1 for a
   *     row that does not count
   * @param weights {@code [rows]}
   */
  void crossEntropyBackward(Tensor logits, Tensor goals, double[] weights);

  /**
   * Losses and gradient at once: {@link #crossEntropy} of {@code targets}, then {@link
   * #crossEntropyBackward} of {@code goals}, which may be other ones but count the same rows.
   *
   * @param logits {@code [rows, vocabulary]}; in its place the gradient
   * @param targets of the losses
   * @param losses {@code [rows, 1]} of double precision, written
   * @param goals of the gradient
   * @param weights {@code [rows]}
   */
  default void crossEntropyAndBackward(
      Tensor logits, int[] targets, Tensor losses, Tensor goals, double[] weights) {
    crossEntropy(logits, targets, losses);
    crossEntropyBackward(logits, goals, weights);
  }
}
