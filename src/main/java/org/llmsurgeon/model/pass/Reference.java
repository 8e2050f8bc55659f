package org.llmsurgeon.model.pass;

import org.llmsurgeon.compute.Tensor;

/**
 * What another model says about the tokens of a batch: its logits are {@code features weight^T +
 * bias}.
 *
 * @param features {@code [tokens, width]}
 * @param weight {@code [outputs, width]}
 * @param bias {@code [1, outputs]}, or null
 * @param cap bound on the logits, or 0
 */
public record Reference(Tensor features, Tensor weight, Tensor bias, double cap) {}
