package org.llmsurgeon.model;

import org.llmsurgeon.compute.Tensor;

/**
 * What another model says about the tokens of a batch: its logits are {@code features weight^T}.
 *
 * @param features {@code [tokens, width]}
 * @param weight {@code [vocabulary, width]}
 */
record Reference(Tensor features, Tensor weight) {}
