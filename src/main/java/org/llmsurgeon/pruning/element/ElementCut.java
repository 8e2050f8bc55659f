package org.llmsurgeon.pruning.element;

import org.llmsurgeon.compute.Tensor;

/**
 * A layer without the single weights that were to go.
 *
 * @param weight {@code [out, in]} in double, removed weights exactly 0; owned by the caller
 * @param steps steps of the conjugate gradients, or groups that were updated; 0 where nothing had
 *     to be computed
 * @param residual norm of the residual that was reached, relative to that at the start; 0 for
 *     updates that do not iterate
 * @param converged whether the tolerance was reached within the allowed steps
 */
public record ElementCut(Tensor weight, int steps, double residual, boolean converged) {}
