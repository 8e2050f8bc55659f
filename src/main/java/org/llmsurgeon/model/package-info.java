/**
 * Transformer language models: a network whose forward and backward are put together from layers.
 * {@link org.llmsurgeon.model.LanguageModel} is the entry, windows in, losses and gradients out;
 * {@link org.llmsurgeon.model.pass.LinearTap} sees the input and the output gradient of every
 * linear layer.
 *
 * <p>The rooms in order: {@code config} (a network as data), {@code fields} and {@code
 * architecture} (from {@code config.json} to that), {@code weights} (where they come from), {@code
 * pass} (one batch's way), {@code layer} (forward and backward), and this package: the network of a
 * configuration, and runs of it.
 *
 * <p>None of them must know what taps are for (no curvature, no pruning), nor files: a {@link
 * org.llmsurgeon.model.weights.WeightSource} hands weights over by name.
 *
 * <p>A linear layer computes {@code z = W a + b} for one token, with {@code W} stored {@code [out,
 * in]}, row-major. Activations are {@code [tokens, width]}, one sequence after the other. Losses
 * are in nats.
 */
package org.llmsurgeon.model;
