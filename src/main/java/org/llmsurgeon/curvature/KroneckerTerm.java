package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Tensor;

/**
 * One product {@code G (x) A} of a sum. It closes nothing: who made the tensors closes them.
 *
 * @param g {@code [out, out]} symmetric, double
 * @param a {@code [in, in]} symmetric, double, the bias entry last
 */
public record KroneckerTerm(Tensor g, Tensor a) {}
