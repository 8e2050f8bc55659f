/**
 * Transformer language models: a checkpoint's configuration becomes a network of blocks whose
 * forward and backward are written once, against {@link org.llmsurgeon.compute.Device}. {@link
 * org.llmsurgeon.model.LanguageModel} is the entry; {@link org.llmsurgeon.model.LinearTap} sees the
 * input and the output gradient of every linear layer. An architecture is one short class that says
 * which weight goes where.
 *
 * <p>This package must not know what its taps are for (no curvature, no pruning), nor where weights
 * come from (no files): a {@link org.llmsurgeon.model.WeightSource} hands them over by name.
 *
 * <p>A linear layer computes {@code z = W a + b} for one token, with {@code W} stored {@code [out,
 * in]}, row-major. Activations are {@code [tokens, width]}, one sequence after the other. Losses
 * are in nats.
 */
package org.llmsurgeon.model;
